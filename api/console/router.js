// Pages by the address's hash: #/job/<id>?tab=report. Deep links survive a reload, and nothing reaches the server.
import { signal, useSignal } from "./store.js";

export const route = signal(parse(location.hash));
addEventListener("hashchange", () => route.set(parse(location.hash)));

/** {page, parts, query} of a hash: #/job/x?y=1 is page "job", parts ["x"], query {y: "1"}. */
export function parse(hash) {
  const [path, search = ""] = hash.replace(/^#\/?/, "").split("?");
  const parts = path.split("/").filter(Boolean).map(decode);
  return { page: parts[0] || "studio", parts: parts.slice(1), query: Object.fromEntries(new URLSearchParams(search)) };
}

/** The hash of a page: href("job", ["job_1"], {tab: "report"}); empty values of the query are left out. */
export function href(page, parts = [], query = {}) {
  const kept = Object.entries(query).filter(([, value]) => value !== "" && value != null);
  const search = new URLSearchParams(kept).toString();
  return `#/${[page === "studio" ? "" : page, ...parts].filter(Boolean).map(encodeURIComponent).join("/")}${search && `?${search}`}`;
}

export function go(page, parts, query) {
  location.hash = href(page, parts, query);
}

/** Change the present page's address without a step in the history, such as a filter while it is typed. */
export function replace(page, parts, query) {
  history.replaceState(null, "", href(page, parts, query));
  route.set(parse(location.hash));
}

history.scrollRestoration = "manual"; // pages are drawn after the browser would scroll: those that are come back to do so

export const useRoute = () => useSignal(route);

function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
