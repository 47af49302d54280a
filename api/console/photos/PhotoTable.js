// The table where photos land: drop, paste, choose or take them; each with its small picture and how far it is.
import { html, useEffect, useRef, useState } from "../vendor/htm-preact.js";
import { bytes, t } from "../i18n.js";
import { useSignal } from "../store.js";
import { Button, Icon, IconButton, Progress, problemTitle, toast } from "../ui/ui.js";
import { ACCEPT, filesOf } from "./kinds.js";
import { addFiles, clear, lying, photos, putBack, remove, restore, retry } from "./photos.js";

/** <PhotoTable on="studio|catalogue"/> */
export function PhotoTable({ on = "studio" }) {
  const known = useSignal(photos);
  const all = lying(known, on);
  const aside = on === "studio" ? lying(known, "aside") : [];
  const [over, setOver] = useState(false);
  const section = useRef(null);
  const take = (found) => put(found, on);
  const focusOn = (...selectors) => requestAnimationFrame(() => { // once it is drawn
    selectors.map((selector) => section.current?.querySelector(selector)).find(Boolean)?.focus();
  });
  const drop = (index) => {
    remove(all[index].id);
    focusOn(`.photo:nth-child(${Math.min(index + 1, all.length - 1)}) .photo-remove .button`, ".choose-photos");
  };
  const then = (action) => () => (action(), focusOn(".choose-photos"));
  usePaste(take);
  useEffect(restore, []);
  const dropped = async (event) => {
    event.preventDefault();
    setOver(false);
    take(await filesOf(event.dataTransfer));
  };
  const dragged = (event) => {
    event.preventDefault();
    setOver(true);
  };
  return html`<section ref=${section} class="photos ${over ? "over" : ""} ${all.length ? "filled" : ""}" aria-label=${t("photos.label")}
    onDragEnter=${dragged} onDragOver=${dragged} onDrop=${dropped}
    onDragLeave=${(event) => !event.currentTarget.contains(event.relatedTarget) && setOver(false)}>
    ${all.length ? html`<div class="row spread"><h2>${t("photos.count", { n: all.length })}</h2><div class="row tight">
        <${Choosers} small take=${take} /><${Button} small kind="quiet" icon="trash" onClick=${then(() => clear(on))}>${t("photos.clear")}<//>
      </div></div>
      <ul class="photo-grid">${all.map((photo, index) => html`<${Photo} key=${photo.id} photo=${photo} onRemove=${() => drop(index)} />`)}</ul>`
    : html`<div class="drop-here"><${Icon} name="photo" size="44" /><h2>${t("photos.drop")}</h2>
      <p class="faint">${t("photos.kinds")}</p>
        <div class="row"><${Choosers} take=${take} /></div></div>`}
    ${aside.length > 0 && html`<div class="photos-aside">
      <${Button} small icon="undo" onClick=${then(putBack)}>${t("photos.back", { n: aside.length })}<//></div>`}
  </section>`;
}

function Choosers({ small, take }) {
  const files = useRef(null);
  const camera = useRef(null);
  const chosen = (event) => {
    take([...event.target.files]);
    event.target.value = "";
  };
  return html`<input type="file" class="unseen" tabindex="-1" aria-hidden="true" multiple accept=${ACCEPT} ref=${files} onChange=${chosen} id="photo-files" />
    <input type="file" class="unseen" tabindex="-1" aria-hidden="true" accept="image/*" capture="environment" ref=${camera} onChange=${chosen} />
    <${Button} class="choose-photos" kind=${small ? "plain" : "primary"} small=${small} icon=${small ? "add" : "upload"} onClick=${() => files.current.click()}>${t(small ? "photos.add" : "photos.choose")}<//>
    <${Button} small=${small} class="phone-only" icon="camera" onClick=${() => camera.current.click()}>${t("photos.camera")}<//>`;
}

function Photo({ photo, onRemove }) {
  const { id, name, state } = photo;
  const wrong = state === "refused" || state === "failed";
  return html`<li class="photo ${state}"><div class="photo-frame">${photo.thumb ? html`<img src=${photo.thumb} alt="" />`
      : html`<span class="photo-kind">${photo.kind ? photo.kind.toUpperCase() : html`<${Icon} name=${wrong ? "warn" : "photo"} size="28" />`}</span>`}
      ${state === "sending" && html`<div class="photo-bar">
        <${Progress} value=${photo.fraction} label=${t("photos.sending", { name })} /></div>`}
      ${state === "ready" && html`<span class="photo-mark ${photo.unseen ? "warn" : ""}">
        <${Icon} name=${photo.unseen ? "warn" : "check"} size="14" label=${t("photos.ready")} /></span>`}
      <span class="photo-remove">
        <${IconButton} small icon="close" label=${t("photos.remove", { name })} onClick=${onRemove} /></span></div>
    <div class="photo-text">
      <span class="clip" title=${name}>${name}</span>${wrong ? html`<${Reason} photo=${photo} />`
      : html`<span class="faint">${photo.width ? `${photo.width} × ${photo.height} · ` : ""}${bytes(photo.size)}</span>`}
      ${photo.unseen && !wrong && html`<small class="warn-text">${t("photos.unseen")}</small>`}
      ${state === "failed" && html`<${Button} small icon="redo" onClick=${() => retry(id)}>${t("photos.retry")}<//>`}</div></li>`;
}

function Reason({ photo: { why, problem } }) {
  if (why) return html`<span class="error">${t(`photos.wrong.${why}`)}</span>`;
  return html`<span class="error">${problemTitle(problem.slug, problem.document)}</span>
    ${problem.detail && html`<small class="faint" lang="en">${problem.detail}</small>`}`;
}

async function put(found, on) {
  if (!found.length) return;
  const there = await addFiles(found, on);
  if (there) toast(t("photos.there", { n: there }));
}

function usePaste(take) {
  useEffect(() => {
    const pasted = (event) => {
      const found = [...(event.clipboardData?.files ?? [])].filter((file) => file.type.startsWith("image/"));
      if (!found.length) return; // words into a field are none of ours
      event.preventDefault();
      take(found);
    };
    addEventListener("paste", pasted);
    return () => removeEventListener("paste", pasted);
  }, []);
}
