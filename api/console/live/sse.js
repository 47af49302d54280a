// Server-sent events over fetch: EventSource cannot send the key. Reconnects by itself, with Last-Event-ID.
import { problemOf, send } from "../api.js";

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;
const SILENCE_MS = 45_000; // the server's heartbeat comes every 15 s

/**
 * Follow `path`; `on.event(name, data)` for each event, `on.state("open" | "waiting" | "refused", problem?)`.
 * `on.event` returning false ends it, as after a job's last event. Answers a function that stops it.
 */
export function follow(path, on) {
  const stop = new AbortController();
  run(path, on, stop.signal);
  return () => stop.abort();
}

async function run(path, on, stopped) {
  let lastId = null;
  let pause = FIRST_PAUSE_MS;
  while (!stopped.aborted) {
    try {
      for await (const event of events(path, lastId, stopped, () => on.state?.("open"))) {
        lastId = event.id ?? lastId;
        pause = FIRST_PAUSE_MS;
        if (on.event(event.name, event.data) === false) return;
      }
    } catch (error) {
      if (stopped.aborted) return;
      if (error.status >= 400 && error.status < 500 && error.status !== 429) return on.state?.("refused", error);
    }
    if (stopped.aborted) return;
    on.state?.("waiting");
    await sleep(pause * (0.75 + Math.random() / 2), stopped);
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  }
}

/** Each event of one connection as {id, name, data}. Throws Problem, or an abort after too long a silence. */
async function* events(path, lastId, stopped, opened) {
  const silence = new AbortController();
  const answer = await send("GET", path, {
    headers: { Accept: "text/event-stream", ...(lastId ? { "Last-Event-ID": lastId } : {}) },
    signal: AbortSignal.any([stopped, silence.signal]),
  });
  if (!answer.headers.get("Content-Type")?.startsWith("text/event-stream")) throw await problemOf(answer);
  opened();
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
      const blocks = (rest + value).split(/\r?\n\r?\n/);
      rest = blocks.pop();
      for (const block of blocks) {
        const event = parsed(block);
        if (event) yield event;
      }
    }
  } finally {
    clearTimeout(timer);
    reader.cancel().catch(() => {});
  }
}

/** One block of lines; null for a comment alone. */
export function parsed(block) {
  const found = { id: null, name: "message", lines: [] };
  for (const line of block.split(/\r?\n/)) {
    const [field, value] = split(line);
    if (field === "id") found.id = value;
    else if (field === "event") found.name = value;
    else if (field === "data") found.lines.push(value);
  }
  if (!found.lines.length && found.name === "message") return null;
  return { id: found.id, name: found.name, data: found.lines.length ? JSON.parse(found.lines.join("\n")) : null };
}

function split(line) {
  const at = line.indexOf(":");
  return at < 0 ? [line, ""] : [line.slice(0, at), line.slice(at + 1).replace(/^ /, "")];
}

function sleep(ms, stopped) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    stopped.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
  });
}
