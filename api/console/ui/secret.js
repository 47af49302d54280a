// A key's or a webhook's secret, shown this once.
import { html } from "../vendor/htm-preact.js";
import { t } from "../i18n.js";
import { Button, CopyButton } from "./buttons.js";
import { Dialog } from "./dialog.js";
import { Notice } from "./signs.js";

/** `text`: the secret itself; `label`: what it is. */
export function Secret({ title, label, text, onClose }) {
  const actions = html`<${CopyButton} kind="primary" text=${text} /><${Button} onClick=${onClose}>${t("close")}<//>`;
  return html`
    <${Dialog} title=${title} onClose=${onClose} actions=${actions}>
      <div class="stack"><${Notice} tone="warn" title=${t("secret.once")} />
        <pre class="code wrap" tabindex="0" aria-label=${label}>${text}</pre></div><//>`;
}
