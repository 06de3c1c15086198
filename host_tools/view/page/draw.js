// Draws a gray picture and what was found in it. Knows canvases and plain values, nothing of where they come from.
//
// A frame: {width, height, picture: [w, h] of gray: Uint8Array, region: [x, y, w, h] or null, turn: degrees,
//           stages: [{name, shown, told, boxes: [[x, y, w, h]], words: [text], points: [[[x, y]]], line: text}]}.
// Of a stage that is not shown its name alone is drawn: a later one tells what it found; nothing of one not told.
// Positions are pixels of the frame of width x height, of which the picture may be a smaller one, (0, 0) the centre of the top left one.

export const COLOURS = ["#00e1ff", "#5aff46", "#ff3cdc", "#5582ff", "#00ffb4", "#b45aff", "#beff00", "#ffffff"];
export const ALL_STAGES = "#8a97a3";
const REGION_COLOUR = "#5a96ff";
const RIM = "#00468c";
const POINT_RADIUS = 2.5;
// Point numbers of the 68-point order (300-W) along each line, and whether the line closes.
const CHAINS_68 = [[0, 17, false], [17, 22, false], [22, 27, false], [27, 31, false], [31, 36, false],
  [36, 42, true], [42, 48, true], [48, 60, true], [60, 68, true]];

export function colourOf(stage) {
  return COLOURS[stage % COLOURS.length];
}

// Draws a frame over the whole canvas, whose size becomes `scale` times the picture's.
export function drawFrame(canvas, frame, {scale = 2, overlay = true} = {}) {
  const width = frame.width * scale, height = frame.height * scale;
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const context = canvas.getContext("2d");
  drawGray(context, frame, scale);
  if (!overlay) return;
  if (frame.region && frame.stages.length === 1) drawRegion(context, frame.region, frame.turn, scale);
  frame.stages.forEach((stage, number) => drawStage(context, stage, number, frame.stages.length, scale));
}

function drawGray(context, frame, scale) {
  const [width, height] = frame.picture, image = new ImageData(width, height);
  const words = new Uint32Array(image.data.buffer);
  for (let i = 0; i < words.length; i++) words[i] = 0xff000000 | frame.gray[i] * 0x010101;
  const small = new OffscreenCanvas(width, height);
  small.getContext("2d").putImageData(image, 0, 0);
  context.imageSmoothingEnabled = true;
  context.drawImage(small, 0, 0, frame.width * scale, frame.height * scale);
}

function drawRegion(context, [x, y, width, height], turn, scale) {
  context.save();
  context.translate((x + width / 2) * scale, (y + height / 2) * scale);
  context.rotate(turn * Math.PI / 180);
  context.strokeStyle = REGION_COLOUR;
  context.lineWidth = 1;
  context.strokeRect(-width * scale / 2, -height * scale / 2, width * scale, height * scale);
  context.restore();
}

function drawStage(context, stage, number, stages, scale) {
  if (!stage.told) return;
  const colour = colourOf(number);
  context.strokeStyle = colour;
  context.lineWidth = 2;
  if (stage.shown) drawFound(context, stage, colour, stages, scale);
  const line = stages === 1 ? stage.line : `${stage.name}  ${stage.line}`.trim();
  if (line) drawText(context, line, 6, 16 + 17 * number, colour);
}

function drawFound(context, stage, colour, stages, scale) {
  const at = (value) => (value + 0.5) * scale;
  stage.boxes.forEach(([x, y, width, height], k) => {
    context.strokeRect(at(x), at(y), width * scale, height * scale);
    if (stage.words[k]) drawText(context, stage.words[k], at(x) + 4, at(y) + 13, colour);
  });
  for (const points of stage.points) {
    if (points.length === 68) drawChains(context, points, at);
    context.fillStyle = stages === 1 ? "#ffffff" : colour;
    for (const [x, y] of points) drawPoint(context, at(x), at(y));
    context.strokeStyle = colour;
    context.lineWidth = 2;
  }
}

function drawChains(context, points, at) {
  for (const [first, end, closed] of CHAINS_68) {
    context.beginPath();
    for (let k = first; k < end; k++) context.lineTo(at(points[k][0]), at(points[k][1]));
    if (closed) context.closePath();
    context.stroke();
  }
}

function drawPoint(context, x, y) {
  context.beginPath();
  context.arc(x, y, POINT_RADIUS, 0, 2 * Math.PI);
  context.fill();
  context.strokeStyle = RIM;
  context.lineWidth = 1;
  context.stroke();
}

// On a plate, so that it is read on any ground.
function drawText(context, text, x, y, colour) {
  context.font = "bold 13px system-ui, sans-serif";
  context.fillStyle = "#000000";
  context.fillRect(x - 3, y - 12, context.measureText(text).width + 6, 16);
  context.fillStyle = colour;
  context.fillText(text, x, y);
}

// What a frame shows, in words.
export function inWords(frame) {
  const parts = [];
  for (const stage of frame.stages.filter(({told}) => told)) {
    const found = [];
    if (stage.boxes.length) found.push(counted(stage.boxes.length, "box", "boxes") + named(stage.words));
    const points = stage.points.reduce((sum, item) => sum + item.length, 0);
    if (points && !stage.boxes.length) found.push(counted(points, "point", "points")); // those of a box belong to it
    if (stage.line) found.push(stage.line);
    if (stage.rested) found.push("rested");
    parts.push(`${stage.name || "result"}: ${found.join(", ") || "nothing"}`);
  }
  return parts.join("; ");
}

function named(words) {
  const identities = words.filter((word) => word.startsWith("#"));
  return identities.length ? ` (${identities.join(", ")})` : "";
}

function counted(number, one, more) {
  return `${number} ${number === 1 ? one : more}`;
}
