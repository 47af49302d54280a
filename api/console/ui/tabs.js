// Tabs by the ARIA pattern: arrows move, Home and End jump, the panel follows the focus.
import { html, useRef, useState } from "../vendor/htm-preact.js";

let made = 0;

/** <Tabs label tabs=${[{id, label, panel: () => vnode}]} value onChange/>; without `value` it keeps its own. */
export function Tabs({ label, tabs, value, onChange }) {
  const [own, setOwn] = useState(tabs[0]?.id);
  const [prefix] = useState(() => `tabs-${++made}`);
  const list = useRef(null);
  const shown = tabs.find((tab) => tab.id === (value ?? own)) ?? tabs[0];
  const choose = (id) => (setOwn(id), onChange?.(id));
  const onKeyDown = (event) => {
    const at = tabs.indexOf(shown);
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    const index = (next + tabs.length) % tabs.length;
    choose(tabs[index].id);
    list.current.children[index].focus();
  };
  return html`<div class="tabs"><div role="tablist" aria-label=${label} ref=${list} onKeyDown=${onKeyDown}>
    ${tabs.map((tab) => html`<button type="button" role="tab" key=${tab.id} id="${prefix}-${tab.id}" onClick=${() => choose(tab.id)}
      aria-selected=${String(tab === shown)} aria-controls="${prefix}-panel" tabindex=${tab === shown ? 0 : -1}>${tab.label}</button>`)}
    </div><div role="tabpanel" id="${prefix}-panel" aria-labelledby="${prefix}-${shown.id}" tabindex="0" key=${shown.id}>${shown.panel()}</div>
      </div>`;
}
