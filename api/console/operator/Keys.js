// API keys: who may do what, with what limits; made, rotated and revoked. The text of a new key is shown this once.
import { html, useState } from "../vendor/htm-preact.js";
import { del, get, may, me, post } from "../api.js";
import { number, t, when } from "../i18n.js";
import { Badge, Button, Confirm, ProblemNotice, Secret, toast } from "../ui/ui.js";
import { NewKey } from "./NewKey.js";
import { usePolled } from "./usePolled.js";

/** `everyone`: all tenants' keys, for operators; else those of the present key's tenant. */
export function Keys({ everyone = false }) {
  if (!may("keys:manage")) return html`<p class="faint">${t("keys.needs")}</p>`;
  return html`<${List} everyone=${everyone} />`;
}

function List({ everyone }) {
  const [asked, setAsked] = useState(null); // the question or form that is open
  const [made, setMade] = useState(null); // a key that was just made, with its text
  const [problem, setProblem] = useState(null);
  const tenant = everyone ? "" : me.value?.tenant;
  const keys = usePolled((signal) => everyKey(tenant, signal), 0, [tenant]);
  const change = async (action, told) => {
    setProblem(null);
    try {
      const answer = await action();
      if (answer?.key) setMade(answer);
      else toast(told);
    } catch (refusal) {
      setProblem(refusal);
    }
    keys.refresh();
  };
  const items = keys.value ?? [];
  const close = () => setAsked(null);
  return html`
    <div class="stack tight">
      <div class="row"><${Button} small=${true} icon="add" onClick=${() => setAsked({ form: true })}>${t("keys.new")}<//></div>
      <${ProblemNotice} problem=${problem ?? keys.problem} />
      <${Table} items=${items} everyone=${everyone}
        onRotate=${(key) => setAsked({ title: t("keys.rotate"), text: t("keys.rotateText", { name: key.name || key.id }), yes: t("keys.rotate"),
          onYes: () => change(() => post(`/v1/keys/${key.id}/rotate`)) })}
        onRevoke=${(key) => setAsked({ title: t("keys.revoke"), text: t("keys.revokeText", { name: key.name || key.id }), yes: t("keys.revoke"),
          onYes: () => change(() => del(`/v1/keys/${key.id}`), t("keys.revoked")) })} />
      ${asked?.form && html`<${NewKey} everyone=${everyone} onClose=${close} onMade=${(key) => (close(), setMade(key), keys.refresh())} />`}
      ${asked?.yes && html`<${Confirm} ...${asked} onClose=${close} />`}
      ${made && html`<${Secret} title=${t("keys.made")} label=${t("keys.text")} text=${made.key} onClose=${() => setMade(null)} />`}
    </div>`;
}

/** All pages of the list: an installation has tens of keys, seldom more. */
async function everyKey(tenant, signal) {
  const found = [];
  let cursor = null;
  do {
    const page = await get("/v1/keys", { query: { tenant, cursor }, signal });
    found.push(...page.items);
    cursor = page.cursor;
  } while (cursor);
  return found;
}

function Table({ items, everyone, onRotate, onRevoke }) {
  const columns = ["name", everyone && "tenant", "scopes", "limits", "used", "expires"].filter(Boolean);
  return html`
    <div class="table-wrap" tabindex="0" role="region" aria-label=${t("keys.title")}><table class="keys">
      <caption class="unseen">${t("keys.title")}</caption>
      <thead><tr>${columns.map((name) => html`<th scope="col" key=${name}>${t(`keys.${name}`)}</th>`)}
        <th scope="col"><span class="unseen">${t("keys.actions")}</span></th></tr></thead>
      <tbody>${items.map((key) => html`
        <tr key=${key.id} data-key=${key.id}><th scope="row">${key.name || t("keys.nameless")}<br /><code class="faint">${key.id}</code>
            ${key.id === me.value?.key.id && html` <${Badge} tone="live">${t("keys.present")}<//>`}</th>
          ${everyone && html`<td>${key.tenant}</td>`}
          <td class="key-scopes">${key.scopes.join(" ")}</td>
          <td>${limits(key)}</td><td>${key.last_used_at ? when(key.last_used_at) : t("keys.never")}</td><td><${End} record=${key} /></td>
          <td>${!key.revoked_at && html`<${Actions} of=${key} onRotate=${() => onRotate(key)} onRevoke=${() => onRevoke(key)} />`}</td>
        </tr>`)}
      </tbody></table></div>`;
}

function Actions({ of: { id, name }, onRotate, onRevoke }) {
  const called = { name: name || id };
  return html`<div class="row tight">
    <${Button} small onClick=${onRotate} aria-label=${t("keys.rotateOne", called)}>${t("keys.rotate")}<//>
    <${Button} small kind="danger" disabled=${id === me.value?.key.id} onClick=${onRevoke}
      aria-label=${t("keys.revokeOne", called)}>${t("keys.revoke")}<//></div>`;
}

function limits({ limits: { requests_per_minute: requests, jobs_per_day: jobs }, jobs_today: today }) {
  const told = [
    requests && t("keys.perMinute", { n: requests }),
    jobs ? t("keys.perDay", { today: number(today), n: jobs }) : t("keys.today", { n: today }),
  ];
  return told.filter(Boolean).join(" · ");
}

function End({ record }) {
  if (record.revoked_at) return html`<${Badge} tone="bad">${t("keys.isRevoked")}<//>`;
  if (!record.expires_at) return t("keys.noEnd");
  if (new Date(record.expires_at) < new Date()) return html`<${Badge} tone="bad">${t("keys.isOver")}<//>`;
  return when(record.expires_at);
}
