// The jobs as they move: one stream for the tab, or polling where there is none; pages read them here.
import { get, key } from "../api.js";
import { signal } from "../store.js";
import { follow } from "./sse.js";

const POLL_MS = 2000;
const ENDED = new Set(["succeeded", "failed", "canceled", "expired"]);

/** Documents by id, as far as this tab has seen them. */
export const known = signal(new Map());

/** "off", "live", "waiting" (reconnecting) or "polling". */
export const stream = signal("off");

/** Told of ids that nobody had seen before, and of a list that is too old. */
export const news = signal({ ids: [], reset: 0 });

const watched = new Map(); // id → how many look at it, for polling
const fetching = new Set();
let connections = 0;
let stop = () => {};

export const isOver = (job) => ENDED.has(job.state);

/** Follow the tenant's jobs; answers what lets go. */
export function connect() {
  connections += 1;
  if (connections === 1) open();
  return () => {
    connections -= 1;
    if (!connections) close();
  };
}

/** Take documents from a list or an answer in. */
export function take(documents) {
  known.update((old) => {
    const next = new Map(old);
    for (const document of documents) next.set(document.id, { ...next.get(document.id), ...document });
    return next;
  });
}

/** Fetch one job anew and take it in. Throws Problem. */
export async function refresh(id) {
  const document = await get(`/v1/jobs/${id}`);
  take([document]);
  return document;
}

/** While polling, look after this job; answers what lets go. */
export function watch(id) {
  watched.set(id, (watched.get(id) ?? 0) + 1);
  return () => (watched.get(id) > 1 ? watched.set(id, watched.get(id) - 1) : watched.delete(id));
}

export function forget(id) {
  known.update((old) => {
    const next = new Map(old);
    next.delete(id);
    return next;
  });
}

function open() {
  const stopStream = follow("/v1/events", {
    event: (name, data) => (name === "reset" ? news.update(({ reset }) => ({ ids: [], reset: reset + 1 })) : seen(data)),
    state: (state) => {
      stream.set({ open: "live", waiting: "waiting", refused: "polling" }[state]);
      if (state === "open") catchUp();
    },
  });
  const timer = setInterval(() => stream.value !== "live" && key.value && catchUp(), POLL_MS);
  stop = () => { stopStream(); clearInterval(timer); stream.set("off"); };
}

function close() {
  stop();
  known.set(new Map());
}

function seen(data) {
  if (!data?.id) return;
  const old = known.value.get(data.id);
  if (!old) {
    news.update(({ ids, reset }) => ({ ids: [...new Set([...ids, data.id])].slice(-200), reset }));
    return;
  }
  const { at, ...changes } = data;
  take([changes]);
  const changed = old.state !== data.state || old.version !== data.version;
  if (ENDED.has(data.state) && changed) fetchOnce(data.id); // its pictures and what people said of them are not in the event
}

async function fetchOnce(id) {
  if (fetching.has(id)) return;
  fetching.add(id);
  try {
    await refresh(id);
  } catch {
    // erased meanwhile, or no network: the next look finds out
  } finally {
    fetching.delete(id);
  }
}

/** What moved while the stream was away, among the jobs that somebody looks at. */
function catchUp() {
  for (const id of watched.keys()) {
    const job = known.value.get(id);
    if (job && !isOver(job)) fetchOnce(id);
  }
}
