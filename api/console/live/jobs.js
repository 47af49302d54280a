// The jobs as they move: one stream for the tab, or polling where there is none; pages read them here.
import { get, key } from "../api.js";
import { signal } from "../store.js";
import { follow } from "./sse.js";

const POLL_MS = 2000;
const PLACES_MS = 4000;
const MOST_PLACES = 12;
const ENDED = new Set(["succeeded", "failed", "canceled", "expired"]);

/** Documents by id, as far as this tab has seen them. */
export const known = signal(new Map());

/** "off", "live", "waiting" (reconnecting) or "polling". */
export const stream = signal("off");

/** Told of ids that nobody had seen before, and of a list that is too old. */
export const news = signal({ ids: [], reset: 0 });

const watched = new Map(); // id → how many look at it, for polling
const asking = new Map(); // id → {again, answer}, while its document is on the way
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
    for (const document of documents) next.set(document.id, { ...next.get(document.id), ...told(document, next.get(document.id)) });
    return next;
  });
}

/** Listings leave a job's place and time left out: what is known of them stays as long as its state does. */
function told(document, old) {
  if (!old || old.state !== document.state || ENDED.has(document.state)) return document;
  return Object.fromEntries(Object.entries(document).filter(([name, value]) => value !== null || (name !== "queue_position" && name !== "eta_s")));
}

/** Fetch one job anew and take it in: once more where it moved while the answer was on its way. Throws Problem. */
export function refresh(id) {
  const under = asking.get(id);
  if (under) {
    under.again = true;
    return under.answer;
  }
  const turn = { again: false };
  asking.set(id, turn);
  turn.answer = fetched(id, turn).finally(() => asking.delete(id));
  return turn.answer;
}

async function fetched(id, turn) {
  for (;;) {
    turn.again = false;
    const document = await get(`/v1/jobs/${id}`);
    take([document]);
    if (!turn.again) return document;
  }
}

/** Somebody looks at this job: its place is asked for, and all of it where there is no stream. Answers what lets go. */
export function watch(id) {
  watched.set(id, (watched.get(id) ?? 0) + 1);
  const job = known.value.get(id);
  if (job?.state === "queued" && job.queue_position == null) fetchOnce(id);
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
  const places = setInterval(lookAtPlaces, PLACES_MS);
  stop = () => { stopStream(); clearInterval(timer); clearInterval(places); stream.set("off"); };
}

function close() {
  stop();
  known.set(new Map());
}

function seen(data) {
  if (!data?.id) return;
  if (asking.has(data.id)) asking.get(data.id).again = true; // what is on its way may be older than this
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

/** The same; a job that was erased meanwhile, or no network, is for the next look to find out. */
const fetchOnce = (id) => refresh(id).catch(() => {});

/** A job moves up in the queue, and its worker is heard of again, without an event: those that somebody looks at are asked. */
function lookAtPlaces() {
  if (document.hidden) return;
  const waiting = [...watched.keys()].filter((id) => known.value.get(id)?.state === "queued" || known.value.get(id)?.worker_silence);
  waiting.slice(0, MOST_PLACES).forEach(fetchOnce);
}

/** What moved while the stream was away, among the jobs that somebody looks at. */
function catchUp() {
  for (const id of watched.keys()) {
    const job = known.value.get(id);
    if (job && !isOver(job)) fetchOnce(id);
  }
}
