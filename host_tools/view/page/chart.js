// A small chart: a bar a frame, a colour a stage. Knows canvases and numbers alone.

import {ALL_STAGES, colourOf} from "./draw.js";

const BARS = 120;

export class Chart {
  constructor(canvas) {
    this.canvas = canvas;
    this.frames = [];
  }

  // Adds the milliseconds of a frame's stages; alone: of all of them, as one number.
  add(milliseconds, alone = false) {
    this.frames.push({milliseconds, alone});
    if (this.frames.length > BARS) this.frames.shift();
  }

  clear() {
    this.frames = [];
  }

  draw() {
    const {width, height} = this.canvas, context = this.canvas.getContext("2d");
    const sums = this.frames.map((frame) => frame.milliseconds.reduce((sum, ms) => sum + ms, 0));
    const highest = Math.max(1e-3, ...sums), step = width / BARS;
    context.clearRect(0, 0, width, height);
    this.frames.forEach((frame, number) => {
      let top = height;
      frame.milliseconds.forEach((ms, stage) => {
        const tall = ms / highest * (height - 14);
        context.fillStyle = frame.alone ? ALL_STAGES : colourOf(stage);
        context.fillRect(number * step, top - tall, Math.max(1, step - 1), tall);
        top -= tall;
      });
    });
    context.fillStyle = getComputedStyle(this.canvas).color;
    context.font = "11px system-ui, sans-serif";
    context.fillText(`${highest.toFixed(1)} ms`, 2, 10);
    const last = sums[sums.length - 1] ?? 0;
    this.canvas.setAttribute("aria-label",
      `Milliseconds of the last ${sums.length} frames: the latest ${last.toFixed(1)}, the most ${highest.toFixed(1)}`);
  }
}
