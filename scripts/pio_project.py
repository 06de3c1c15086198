# PlatformIO runs this before it builds from the checkout (platformio.ini): the model's project is
# generated into build/pio/<environment>, and that project is what gets built.
#
# tinyface may live in another Python than PlatformIO: TINYFACE_PYTHON, else the checkout's .venv,
# else PlatformIO's own.
import os
import subprocess
import sys
from pathlib import Path

Import("env")  # noqa: F821

checkout = Path(env.subst("$PROJECT_DIR"))  # noqa: F821
name = env.subst("$PIOENV")  # noqa: F821
project = checkout / "build" / "pio" / name
own = [checkout / ".venv" / place for place in ("bin/python", "Scripts/python.exe")]
if any(sign.isspace() for sign in str(checkout)):
    print(
        f"tinyface: PlatformIO takes no white space in the path of a project, and {checkout} has some: "
        "move this checkout, or use `tinyface flash`, which builds in a folder of its own."
    )
    env.Exit(2)  # noqa: F821
candidates = [os.environ.get("TINYFACE_PYTHON"), *(str(p) for p in own if p.exists()), sys.executable]
python = next(filter(None, candidates))
project.parent.mkdir(parents=True, exist_ok=True)
done = subprocess.run(
    [python, "-m", "host_tools.flashing.checkout", name, str(project)], cwd=checkout, check=False
)
if done.returncode != 0:
    if done.returncode == 1:
        print(
            f"tinyface does not run in {python}: run `make demo` in {checkout}, which sets up a Python "
            "of its own, or name one that has it in TINYFACE_PYTHON."
        )
    env.Exit(done.returncode)  # noqa: F821
env.Replace(  # noqa: F821
    PROJECT_DIR=str(project),
    PROJECT_SRC_DIR=str(project / "src"),
    PROJECT_INCLUDE_DIR=str(project / "firmware" / "include"),
)
for script in sorted(project.glob("[!.]*.py")):
    env.SConscript(str(script), exports="env")  # noqa: F821
