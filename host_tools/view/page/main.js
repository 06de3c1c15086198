// The page: shows what tinyface tells of a board, and passes on what a person wants.

import {Chart} from "./chart.js";
import {drawFrame, inWords} from "./draw.js";
import {Link} from "./link.js";
import {addLine, showFacts, showTimes} from "./panels.js";
import {SettingsForm} from "./settings.js";

const STATES = {
  opening: "Opening the board …", live: "Live", released: "The board is released for other programs",
  replay: "Replaying a recording",
};
const SWITCHED_OFF = "The board is switched off";
const AFTER_IT = "`tinyface view` had started it, and it has no port now. \"Connect again\" starts it anew; "
  + "other commands start it themselves.";
const CLOSED = {4401: "The token is missing or wrong: open the whole address that tinyface printed",
  4429: "Too many pages are open: close one"};
const WORDS_EVERY_MS = 1000;
const by = (id) => document.getElementById(id);
const chart = new Chart(by("chart"));
let live = false, replays = false, frozen = false, overlay = true, recording = false, released = false;
let latest = null, settings = null, due = false, saidAt = 0, networks = [], program = null;

const form = new SettingsForm(by("settings"), by("fields"), by("keep"),
  (values, keep) => link.order({do: "settings", values, keep}));

const heard = {
  mode(told) {
    live = told.live;
    replays = !live;
    by("settings-section").hidden = !live && !settings;
    for (const id of ["record", "release", "counted", "live-keys"]) by(id).hidden = !live;
    by("settings-note").textContent = live ? "" : "as they were when this was recorded";
    enable();
  },
  state(told) {
    released = told.state === "released";
    const away = told.state === "fault" ? [told.where, told.cause].filter(Boolean).join(": ")
      : told.own ? SWITCHED_OFF : STATES[told.state];
    showState(told.state, away, [told.own ? AFTER_IT : "", told.again, told.remedy].filter(Boolean).join(" "));
    enable();
  },
  board(told) {
    showFacts(by("facts"), told.facts);
    by("clock").textContent = told.clock;
    if (program !== told.program) chart.clear(); // the colours are those of other stages
    program = told.program;
    networks = told.parts ? told.networks : [];
  },
  stats(told) {
    showFacts(by("stats"), told.facts);
    by("asked").textContent = `asked at ${new Date(told.asked * 1000).toLocaleTimeString()}`;
  },
  settings(told) {
    settings = told;
    by("settings-section").hidden = false;
    enable();
  },
  recording(told) {
    recording = told.file !== null;
    press("record", recording);
    by("record").textContent = recording ? "Stop recording" : "Record";
    enable();
  },
  applied(told) {
    by("applied").textContent = `${told.text} (${new Date().toLocaleTimeString()}).`;
  },
  notice: (told) => showNotice([told.text, told.remedy].filter(Boolean).join(". ")),
  log: (told) => addLine(by("log"), told),
};

const link = new Link({
  heard: (told) => heard[told.kind]?.(told),
  frame(frame) {
    if (frame.fresh) chart.add(...timesOf(frame));
    if (!frozen) latest = frame;
    if (!due) {
      due = true;
      requestAnimationFrame(show);
    }
  },
  gone(code) {
    live = false;
    showState("gone", CLOSED[code] ?? "tinyface does not answer", CLOSED[code] ? "" : "Start `tinyface view` again.");
    enable();
  },
});

// Milliseconds of each stage, or of all of them where no more is told, and whether it is so.
function timesOf(frame) {
  const told = frame.stages.map((stage) => stage.ms), alone = told.includes(null);
  return [alone ? [frame.ms] : told, alone];
}

function show() {
  due = false;
  chart.draw();
  if (!latest || frozen) return;
  const frame = latest, words = inWords(frame);
  drawFrame(by("picture"), frame, {overlay});
  by("picture").dataset.number = frame.number;
  showTimes(by("times").tBodies[0], frame.stages, networks.length === frame.stages.length ? networks : []);
  by("held").hidden = !frame.held;
  markOld();
  if (performance.now() - saidAt > WORDS_EVERY_MS) {
    saidAt = performance.now();
    by("summary").textContent = words;
    by("picture").setAttribute("aria-label", `Picture of the camera. ${words}`);
  }
}

// Whether nothing comes after the picture that is shown, for now.
function isOld() {
  return !["live", "replay"].includes(by("state").dataset.state);
}

function showCounts(frame) {
  const rate = (value) => isOld() ? "-" : value.toFixed(1);
  showFacts(by("counts"), [["frames a second", rate(frame.rate)],
    ...(frame.pictures === undefined ? [] : [["previews a second", rate(frame.pictures)]]), ["frame", String(frame.frame)],
    ["all stages", `${frame.ms.toFixed(2)} ms`], ...Object.entries(frame.line).map(([k, v]) => [k, String(v)]),
    ["frames this page skipped", String(frame.page_lost)]]);
}

function showState(state, text, remedy = "") {
  by("state").textContent = text;
  by("state").dataset.state = state;
  by("remedy").textContent = remedy;
  by("remedy").hidden = !remedy;
  markOld();
}

// Says so where nothing comes after the picture that is shown.
function markOld() {
  const old = latest !== null && isOld();
  document.body.toggleAttribute("data-old", old);
  by("old").hidden = !old;
  by("facts-note").textContent = old ? "as it said last" : "";
  by("snapshot").disabled = latest === null || old;
  if (latest) showCounts(latest);
}

function showNotice(text) {
  by("notice-text").textContent = text;
  by("notice").hidden = !text;
}

function enable() {
  const there = by("state").dataset.state === "live";
  by("record").disabled = !(live && there);
  by("release").disabled = !live || recording;
  by("refresh").disabled = !(live && there) || recording;
  press("release", released);
  by("release").textContent = released ? "Connect again" : "Release board";
  if (settings) form.show(settings, live && there && !recording, replays);
}

function press(id, on) {
  by(id).setAttribute("aria-pressed", String(on));
}

function snapshot() {
  if (!latest) return;
  const canvas = document.createElement("canvas");
  drawFrame(canvas, latest, {overlay});
  canvas.toBlob((blob) => {
    const anchor = document.createElement("a");
    anchor.href = URL.createObjectURL(blob);
    anchor.download = `tinyface-${String(latest.number).padStart(6, "0")}.png`;
    anchor.click();
    setTimeout(() => URL.revokeObjectURL(anchor.href), 1000);
  }, "image/png");
}

const actions = {
  freeze() {
    frozen = !frozen;
    press("freeze", frozen);
  },
  overlay() {
    overlay = !overlay;
    press("overlay", overlay);
    if (latest) drawFrame(by("picture"), latest, {overlay});
  },
  snapshot,
  record: () => link.order({do: recording ? "stop" : "record"}),
  release: () => link.order({do: released ? "connect" : "release"}),
  refresh: () => link.order({do: "stats"}),
};
for (const [id, act] of Object.entries(actions)) by(id).addEventListener("click", act);
by("notice-close").addEventListener("click", () => showNotice(""));

const KEYS = {" ": "freeze", o: "overlay", s: "snapshot", r: "record", l: "release"};
addEventListener("keydown", (event) => {
  const id = KEYS[event.key.toLowerCase()];
  const typing = event.target.closest("input, select, button, a");
  if (!id || typing || event.ctrlKey || event.metaKey || event.altKey || by(id).disabled) return;
  event.preventDefault();
  actions[id]();
});
