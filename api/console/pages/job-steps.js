// From a job to the next and the previous of the list that it was opened from: by buttons, by J and K, by the arrows.
import { html, useEffect } from "../vendor/htm-preact.js";
import { t } from "../i18n.js";
import { placeOf } from "../live/trail.js";
import { replace } from "../router.js";
import { IconButton } from "../ui/ui.js";

const STEPS = { j: "next", k: "previous", ArrowRight: "next", ArrowLeft: "previous" };

/** The way back, and how to go on. A step leaves no trace in the history: Back leads to the list. */
export function JobSteps({ id }) {
  const { page, back, previous, next, place, count } = placeOf(id);
  const step = (to) => to && replace("job", [to]);
  useEffect(() => {
    const pressed = (event) => {
      const wanted = STEPS[event.key];
      if (!wanted || event.ctrlKey || event.metaKey || event.altKey || isTaken(event)) return;
      step({ previous, next }[wanted]);
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, [previous, next]);
  return html`<div class="row spread job-steps"><a class="back" href=${back}>← ${t(`nav.${page}`)}</a>
    ${place > 0 && count > 1 && html`<nav class="row tight" aria-label=${t("job.steps")}>
      <${IconButton} small icon="left" label=${t("job.previous")} disabled=${!previous} onClick=${() => step(previous)} />
      <small class="faint">${t("job.of", { place, n: count })}</small>
      <${IconButton} small icon="right" label=${t("job.next")} disabled=${!next} onClick=${() => step(next)} /></nav>`}</div>`;
}

/** Keys that mean something where the focus is: in fields and dialogs, and arrows in whatever moves by them. */
function isTaken({ key, target }) {
  if (document.querySelector("dialog[open]") || target.closest("input, textarea, select, [contenteditable]")) return true;
  return key.startsWith("Arrow") && target !== document.body && target.id !== "main";
}
