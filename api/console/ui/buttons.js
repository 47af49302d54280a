// Buttons: kind is "primary", "plain" (default), "quiet" or "danger"; `busy` holds further clicks off.
import { html, useState } from "../vendor/htm-preact.js";
import { t } from "../i18n.js";
import { Icon } from "./icons.js";
import { toast } from "./toast.js";

/** <Button kind icon busy small onClick>words</Button>; other attributes go to the button. */
export function Button({ kind = "plain", icon, busy, small, children, disabled, class: extra = "", ...rest }) {
  return html`<button type="button" ...${rest} class="button ${kind} ${small ? "small" : ""} ${extra}"
    disabled=${disabled} aria-busy=${busy ? "true" : null} onClick=${busy ? null : rest.onClick}>
    ${busy ? html`<span class="spinner" aria-hidden="true">
      </span>` : icon && html`<${Icon} name=${icon} size=${small ? 16 : 20} />`}
    <span>${children}</span></button>`;
}

/** The same look for a link. */
export function LinkButton({ kind = "plain", icon, small, children, ...rest }) {
  return html`<a ...${rest} class="button ${kind} ${small ? "small" : ""}">
    ${icon && html`<${Icon} name=${icon} size=${small ? 16 : 20} />`}<span>${children}</span></a>`;
}

/** A button of an icon alone; `label` is what it says to those who do not see it, and its tooltip. */
export function IconButton({ icon, label, kind = "quiet", small, ...rest }) {
  return html`<button type="button" ...${rest} class="button icon-only ${kind} ${small ? "small" : ""}" aria-label=${label}
    title=${label}><${Icon} name=${icon} size=${small ? 16 : 20} /></button>`;
}

/** Puts `text` on the clipboard, and says so. */
export function CopyButton({ text, children, ...rest }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      return toast(t("copy.failed"), "error"); // no permission, or a page that was not served over HTTPS
    }
    setDone(true);
    toast(t("copy.done"));
    setTimeout(() => setDone(false), 1500);
  };
  return html`<${Button} icon=${done ? "check" : "copy"} ...${rest} onClick=${copy}>${children ?? t("copy.copy")}<//>`;
}
