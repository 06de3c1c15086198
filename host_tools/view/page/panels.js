// Lists on the page: facts, counts, times of the stages, the log. What comes from a board is shown as text.

import {colourOf} from "./draw.js";

const LOG_LINES = 200;

export function showFacts(list, facts) {
  list.replaceChildren(...facts.flatMap(([name, value]) => [element("dt", name), element("dd", value)]));
}

// networks: whether each stage has one; empty where that is not known.
export function showTimes(body, stages, networks) {
  body.replaceChildren(...stages.map((stage, number) => {
    const row = document.createElement("tr"), name = element("th", stage.name || "result"), key = element("span", "");
    key.className = "key";
    key.style.backgroundColor = colourOf(number);
    name.scope = "row";
    name.prepend(key);
    const untold = stage.ms === null;
    const [ms, runs] = networks[number] === false ? ["no network", "-"]
      : stage.rested ? ["-", "rested"]
      : [untold ? "not told" : stage.ms.toFixed(2), untold && !stage.runs ? "not told" : String(stage.runs)];
    row.append(name, element("td", ms), element("td", runs));
    return row;
  }));
}

export function addLine(log, {text, finding}) {
  const item = element("li", text);
  if (finding) {
    const said = element("div", `${finding.cause}. ${finding.remedy}`);
    said.className = "finding";
    item.append(said);
  }
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  log.append(item);
  while (log.children.length > LOG_LINES) log.firstChild.remove();
  if (atEnd) log.scrollTop = log.scrollHeight;
}

function element(kind, text) {
  const made = document.createElement(kind);
  made.textContent = text;
  return made;
}
