// What is shown but not touched: badges, notices, progress, empty places.
import { html } from "../vendor/htm-preact.js";
import { problemDocUrl, problemSlug } from "../api.js";
import { has, percent, t } from "../i18n.js";
import { Icon } from "./icons.js";
import { toast } from "./toast.js";

/** <Badge tone="good|bad|warn|live|plain" icon>words</Badge> */
export function Badge({ tone = "plain", icon, children, title }) {
  return html`<span class="badge ${tone}" title=${title}>${icon && html`<${Icon} name=${icon} size="14" />`}${children}</span>`;
}

const TONES = { succeeded: "good", failed: "bad", running: "live", expired: "bad" };

/** A job's or a batch's state in words. */
export function StateBadge({ state }) {
  return html`<${Badge} tone=${TONES[state] ?? "plain"}>${has(`state.${state}`) ? t(`state.${state}`) : state}<//>`;
}

/** value 0 to 1, or null while nobody knows; `label` for screen readers. */
export function Progress({ value, label }) {
  const known = typeof value === "number";
  return html`<div class="progress ${known ? "" : "unknown"}" role="progressbar" aria-label=${label} aria-valuemin="0" aria-valuemax="100"
    aria-valuenow=${known ? Math.round(value * 100) : null} aria-valuetext=${known ? percent(value) : null}>
    <div style=${{ width: known ? `${Math.round(value * 100)}%` : null }}></div></div>`;
}

export function Spinner({ label }) {
  return html`<span class="loading" role="status"><span class="spinner" aria-hidden="true">
    </span>${label ?? t("loading")}</span>`;
}

/** <EmptyState icon title text>buttons</EmptyState> */
export function EmptyState({ icon = "photo", title, text, children }) {
  return html`<div class="empty"><${Icon} name=${icon} size="36" /><h2>${title}</h2>${text && html`<p>${text}</p>`}
    ${children && html`<div class="row">${children}</div>`}</div>`;
}

/** <Notice tone="info|warn|bad|good" title>…</Notice> */
export function Notice({ tone = "info", title, children, alert }) {
  return html`<div class="notice ${tone}" role=${alert ? "alert" : null}>
    <${Icon} name=${tone === "info" ? "info" : tone === "good" ? "check" : "warn"} />
    <div>${title && html`<strong>${title}</strong>`}${children}</div></div>`;
}

/** A problem in plain words: an Error of api.js, or a problem document as jobs carry it. */
export function ProblemNotice({ problem, children }) {
  if (!problem) return null;
  const document = problem.document ?? problem;
  const slug = problem.slug ?? problemSlug(document);
  const doc = problemDocUrl(document);
  return html`<${Notice} tone="bad" title=${problemTitle(slug, document)} alert=${true}>
    ${document.detail && html`<p lang="en">${document.detail}</p>`}
    <p class="row tight">${doc && html`<a href=${doc} target="_blank" rel="noopener">${t("problem.more")}</a>`}
      ${document.request_id && html`<small class="faint">${t("problem.id", { id: document.request_id })}</small>`}</p>${children}<//>`;
}

/** The heading of a problem in the reader's language where it is known, else as the server puts it. */
export function problemTitle(slug, document = {}) {
  return has(`problem.${slug}`) ? t(`problem.${slug}`) : document.title ?? slug;
}

/** What refused an action, said in passing: the heading, and the server's own words below. */
export function toastProblem(problem) {
  if (problem.midSession) return; // the page for signing in says so, once
  const title = problemTitle(problem.slug, problem.document);
  toast(problem.detail ? `${title}\n${problem.detail}` : title, "error");
}
