// Dialogs on the browser's own <dialog>: it keeps the focus inside, closes on Escape and gives the focus back.
import { html, useEffect, useRef, useState } from "../vendor/htm-preact.js";
import { t } from "../i18n.js";
import { Button, IconButton } from "./buttons.js";

let made = 0;

/** <Dialog title onClose actions wide full>…</Dialog>: open as long as it is rendered. `actions`: the foot's buttons. */
export function Dialog({ title, onClose, actions, wide, full, children }) {
  const node = useRef(null);
  const [id] = useState(() => `dialog-${++made}`);
  useEffect(() => {
    const back = document.activeElement;
    const { current: dialog } = node;
    dialog.showModal();
    return () => {
      dialog.close(); // as long as it is open, nothing outside takes the focus
      if (back?.isConnected) back.focus();
    };
  }, []);
  const cancel = (event) => {
    event.preventDefault();
    onClose();
  };
  return html`<dialog ref=${node} class="dialog ${wide ? "wide" : ""} ${full ? "full" : ""}" aria-labelledby=${id}
    onCancel=${cancel} onMouseDown=${(event) => event.target === node.current && onClose()}>
    <div class="dialog-body">
      <header class="dialog-head"><h2 id=${id}>${title}</h2><${IconButton} icon="close" label=${t("close")} onClick=${onClose} />
        </header>
      <div class="dialog-content">${children}</div>
      ${actions && html`<footer class="dialog-foot">${actions}</footer>`}
    </div></dialog>`;
}

/** A question before something that cannot be taken back. `onYes` may be async; its error is the caller's. */
export function Confirm({ title, text, yes, onYes, onClose }) {
  const [busy, setBusy] = useState(false);
  const accept = async () => {
    setBusy(true);
    try {
      await onYes();
    } finally {
      onClose();
    }
  };
  return html`<${Dialog} title=${title} onClose=${onClose} actions=${html`
    <${Button} onClick=${onClose}>${t("cancel")}<//><${Button} kind="danger" busy=${busy} onClick=${accept}>${yes}<//>`}>
    <p>${text}</p><//>`;
}
