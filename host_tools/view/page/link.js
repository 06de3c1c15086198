// The connection to tinyface: opens it, opens it again when it is gone, and takes frames apart.

const AGAIN_MS = 1000;
const KEY = "tinyface-token";

// The token stands behind # in the address that was printed; it is taken out of it at once.
function takeToken() {
  const found = /^#token=([\w-]+)$/.exec(location.hash);
  if (found) {
    sessionStorage.setItem(KEY, found[1]);
    history.replaceState(null, "", location.pathname);
  }
  return sessionStorage.getItem(KEY);
}

export class Link {
  // heard: called with each thing that is told; frame: with each picture; gone: with why there is no connection.
  constructor({heard, frame, gone}) {
    Object.assign(this, {heard, frame, gone});
    this.token = takeToken();
    addEventListener("hashchange", () => {
      this.token = takeToken();
      this.socket.close();
    });
    this.open();
  }

  open() {
    this.socket = new WebSocket(`ws://${location.host}/board`);
    this.socket.binaryType = "arraybuffer";
    this.socket.onopen = () => { if (this.token) this.socket.send(this.token); };
    this.socket.onmessage = ({data}) => {
      if (typeof data === "string") this.heard(JSON.parse(data));
      else this.frame(unpacked(data));
    };
    this.socket.onclose = ({code}) => {
      this.gone(code);
      setTimeout(() => this.open(), AGAIN_MS);
    };
  }

  order(told) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(told));
  }
}

function unpacked(data) {
  const length = new DataView(data).getUint32(0, true);
  const told = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length)));
  return {...told, gray: new Uint8Array(data, 4 + length)};
}
