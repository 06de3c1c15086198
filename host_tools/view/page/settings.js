// The form of the board's settings.

const RANGES = {
  period_ms: [0, 10000], exposure: [-1, 1200], gain: [-1, 30], brightness: [-2, 2], contrast: [-2, 2],
};
const NAMES = {
  period_ms: "Shortest period, ms", threshold: "Threshold", led: "Status LED", flash_led: "Bright LED",
  exposure: "Exposure (-1: auto)", gain: "Gain (-1: auto)", brightness: "Brightness", contrast: "Contrast",
  mirror: "Mirror", flip: "Flip",
};
const LED = ["off", "on", "busy"];

export class SettingsForm {
  // apply: called with the changed values and whether to keep them.
  constructor(form, fields, keep, apply) {
    Object.assign(this, {form, fields, keep});
    this.values = {};
    this.inputs = {};
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const changed = this.changed();
      if (Object.keys(changed).length) apply(changed, keep.checked);
    });
  }

  // Shows what holds, or held when it was recorded; what a person is changing right now stays.
  show({values, refused, threshold}, enabled, recorded) {
    for (const [name, value] of Object.entries(values)) {
      const input = this.inputs[name] ?? this.make(name, value);
      const touched = name in this.values && this.read(name) !== this.values[name];
      if (!touched || this.read(name) === value) this.write(input, value);
      if (name === "threshold") {
        [input.min, input.max] = threshold;
        this.explain(input, threshold);
      }
      input.disabled = !enabled;
      const taken = !refused.includes(name);
      input.closest("label").classList.toggle("refused", !taken);
      input.title = taken ? "" : "This camera does not take it";
    }
    this.values = {...values};
    this.keep.disabled = !enabled;
    this.keep.closest("label").hidden = recorded;
    const apply = this.form.querySelector("button");
    apply.disabled = !enabled;
    apply.hidden = recorded;
  }

  // A word on what a threshold means, which turns red where the number is out of range.
  explain(input, [least, most]) {
    const label = input.closest("label"), said = label.querySelector("small") ?? document.createElement("small");
    said.id = `${input.id}-meaning`;
    said.textContent = `${least} to ${most}. A frame's result is told only where the largest value that the first network`
      + " gives reaches it. -128: all are told.";
    input.setAttribute("aria-describedby", said.id);
    label.append(said);
  }

  // Forgets what was changed and not applied.
  reset() {
    for (const [name, value] of Object.entries(this.values)) this.write(this.inputs[name], value);
  }

  make(name, value) {
    const label = document.createElement("label");
    const text = document.createElement("span");
    text.textContent = NAMES[name] ?? name;
    const input = document.createElement(name === "led" ? "select" : "input");
    input.id = `setting-${name}`;
    if (name === "led") {
      for (const mode of LED) input.append(new Option(mode, mode));
    } else if (typeof value === "boolean") {
      input.type = "checkbox";
      label.className = "check";
    } else {
      input.type = "number";
      input.required = true; // an empty field would be read as 0
      if (RANGES[name]) [input.min, input.max] = RANGES[name];
    }
    label.append(text, " ", input);
    this.fields.append(label);
    this.inputs[name] = input;
    return input;
  }

  write(input, value) {
    if (input.type === "checkbox") input.checked = value;
    else input.value = String(value);
  }

  read(name) {
    const input = this.inputs[name];
    if (input.type === "checkbox") return input.checked;
    return input.type === "number" ? Number(input.value) : input.value;
  }

  changed() {
    const found = {};
    for (const [name, value] of Object.entries(this.values)) {
      if (this.read(name) !== value) found[name] = this.read(name);
    }
    return found;
  }
}
