// The list of jobs that an address' filters choose: paged from the server, sifted here by what it does not choose by.
import { useEffect, useRef, useState } from "../vendor/htm-preact.js";
import { get, key } from "../api.js";
import { known, news, refresh, take } from "../live/jobs.js";
import { needsLook, verdictOf } from "../live/naming.js";
import { signal, useSignal } from "../store.js";

const PAGE = 24;
const WIDE = 200; // jobs a page where most of them are sifted out
const MOST_PAGES = 10; // looked through at once
const SUFFIXES = [".jpg", ".jpeg", ".png", ".webp"];
const AFRESH = { text: null, ids: null, cursor: null, added: [], top: 0 };

let left = AFRESH; // the list as it was left, for who comes back to it

/** The ids that are ticked; they stay so while other pages are looked at. */
export const chosenJobs = signal(new Set());

key.subscribe((shown) => {
  if (shown !== null) return;
  left = AFRESH;
  chosenJobs.set(new Set());
});

/** {ids, jobs, cursor, more, busy, problem}; `jobs` in their order, `ids` null until the first answer. */
export function useList(query) {
  const all = useSignal(known);
  const { ids: fresh, reset } = useSignal(news);
  const text = JSON.stringify(query);
  const back = left.text === text ? left : AFRESH;
  const [page, setPage] = useState({ ids: back.ids, cursor: back.cursor });
  const [added, setAdded] = useState(back.added); // beside the page: a listing that was on its way may not know them
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const asked = useRef(0);
  const shown = useRef(text);
  const load = async (cursor) => {
    const turn = ++asked.current;
    setBusy(true);
    try {
      const found = await search(query, cursor);
      if (turn !== asked.current) return;
      take(found.items);
      const ids = found.items.map(({ id }) => id);
      const stays = (old) => cursor || old.ids?.length > ids.length; // come back to, or further down than its first page
      setPage((old) => ({
        ids: stays(old) ? [...new Set([...old.ids, ...ids])] : ids,
        cursor: cursor || !stays(old) ? found.cursor : old.cursor,
      }));
      setProblem(null);
    } catch (refused) {
      setProblem(refused);
    }
    setBusy(false);
  };
  useEffect(() => {
    if (shown.current !== text) {
      shown.current = text;
      setPage({ ids: null, cursor: null });
      setAdded([]);
    }
    load(null);
  }, [text]);
  useEffect(() => { if (reset) load(null); }, [reset]);
  useEffect(() => {
    const unseen = fresh.filter((id) => !known.value.has(id));
    if (!unseen.length || text !== "{}") return;
    Promise.allSettled(unseen.map(refresh)).then(() => setAdded((old) => [...new Set([...old, ...unseen])]));
  }, [fresh]);
  useComingBack(left.text === text ? left.top : 0, { text, ...page, added });
  const jobs = [...new Set([...added, ...(page.ids ?? [])])].map((id) => all.get(id)).filter((job) => job && fits(job, query));
  jobs.sort((a, b) => b.created_at.localeCompare(a.created_at) || b.id.localeCompare(a.id));
  return { ...page, jobs, busy, problem, more: () => load(page.cursor) };
}

/** Keeps the list as it is left, and how far it was scrolled; scrolls there once it is shown again. */
function useComingBack(top, state) {
  const latest = useRef(state);
  latest.current = state;
  useEffect(() => {
    if (top) requestAnimationFrame(() => scrollTo(0, top)); // after the frame's own scrolling to a page's top
    return () => { left = { ...latest.current, top: scrollY }; };
  }, []);
}

/** A page of what fits: {items, cursor}. What is looked for by name: those of exactly that name first. Throws Problem. */
async function search(query, cursor) {
  const sifted = Boolean(query.sku || query.verdict || query.review);
  const items = query.sku && !cursor ? await named(query) : [];
  let next = cursor;
  for (let page = 0; page < (sifted ? MOST_PAGES : 1) && (next || !page) && (!page || items.length < PAGE); page++) {
    const found = await get("/v1/jobs", { query: { ...toServer(query), limit: sifted ? WIDE : PAGE, cursor: next } });
    items.push(...found.items.filter((job) => fits(job, query)));
    next = found.cursor;
  }
  return { items, cursor: next && (await goesOn(query, next)) ? next : null };
}

/** A listing that is searched through may go on without another job that fits: "Show more" only where there is one. */
async function goesOn(query, cursor) {
  const { items, cursor: further } = await get("/v1/jobs", { query: { ...toServer(query), limit: 1, cursor } });
  return items.length > 0 || Boolean(further);
}

/** Jobs of exactly this SKU or file, however old they are. */
async function named(query) {
  const files = /\.\w+$/.test(query.sku) ? [query.sku] : [query.sku, ...SUFFIXES.map((suffix) => query.sku + suffix)];
  const asked = [{ external_id: query.sku }, ...files.map((file) => ({ metadata: `file:${file}` }))];
  const found = await Promise.all(asked.map((one) => get("/v1/jobs", { query: { ...toServer(query), ...one, limit: PAGE } })));
  return found.flatMap(({ items }) => items);
}

/** The page's filters as the route takes them: days in the reader's own time zone. */
function toServer({ state, review, verdict, from, to }) {
  const day = (text, next) => text && new Date(new Date(`${text}T00:00:00`).getTime() + (next ? 86_400_000 : 0)).toISOString();
  const wanted = verdict ? "succeeded" : state;
  return { state: wanted, needs_review: review, created_after: day(from, false), created_before: day(to, true) };
}

/** Does a job fit what the route does not choose by: a part of its SKU or file's name, its verdict, its need of a look? */
function fits(job, { sku, verdict, review }) {
  const names = [job.spec?.external_id, job.spec?.metadata?.file].filter(Boolean).join("\n").toLowerCase();
  if (sku && !names.includes(sku.toLowerCase())) return false;
  if (verdict && verdictOf(job) !== verdict) return false;
  return !review || needsLook(job);
}
