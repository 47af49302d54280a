// The form of a new key.
import { html, useState } from "../vendor/htm-preact.js";
import { me, post } from "../api.js";
import { t } from "../i18n.js";
import { Button, Dialog, NumberInput, ProblemNotice, Select, TextInput } from "../ui/ui.js";

const DAY_S = 86_400;
const LIVES = ["", "1", "30", "90", "365"]; // days; empty: it does not expire
const USUAL = ["jobs:read", "jobs:write", "uploads:write"];

/** `everyone`: may another tenant be named? `onMade(key)`: with its text; `onClose()`. */
export function NewKey({ everyone, onMade, onClose }) {
  const [wish, setWish] = useState({ name: "", scopes: USUAL, days: "90", requests: null, jobs: null, tenant: "" });
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const put = (part) => setWish((old) => ({ ...old, ...part }));
  const make = async () => {
    setBusy(true);
    try {
      onMade(await post("/v1/keys", bodyOf(wish)));
    } catch (refusal) {
      setProblem(refusal);
      setBusy(false);
    }
  };
  return html`
    <${Dialog} title=${t("keys.new")} onClose=${onClose} actions=${html`<${Button} onClick=${onClose}>${t("cancel")}<//>
      <${Button} kind="primary" busy=${busy} disabled=${!wish.scopes.length} onClick=${make}>${t("keys.make")}<//>`}>
      <div class="stack">
        <${ProblemNotice} problem=${problem} />
        <${TextInput} autofocus label=${t("keys.name")} hint=${t("keys.nameHint")} maxlength="100" value=${wish.name} onInput=${(name) => put({ name })} />
        ${everyone && html`<${TextInput} label=${t("keys.tenant")} hint=${t("keys.tenantHint", { own: me.value?.tenant ?? "" })} value=${wish.tenant}
          pattern="[A-Za-z0-9_-]{1,64}" onInput=${(tenant) => put({ tenant })} />`}
        <${Scopes} chosen=${wish.scopes} onChange=${(scopes) => put({ scopes })} />
        <${Select} label=${t("keys.life")} value=${wish.days} onChange=${(days) => put({ days })}
          options=${LIVES.map((days) => [days, days ? t("keys.days", { n: Number(days) }) : t("keys.noEnd")])} />
        <${NumberInput} label=${t("keys.requests")} hint=${t("keys.limitHint")} min="0" step="1" value=${wish.requests} onInput=${(requests) => put({ requests })} />
        <${NumberInput} label=${t("keys.jobs")} min="0" step="1" value=${wish.jobs} onInput=${(jobs) => put({ jobs })} />
      </div><//>`;
}

function Scopes({ chosen, onChange }) {
  const own = me.value?.key.scopes ?? USUAL; // a key never gives what it lacks itself
  const toggle = (scope) => onChange(chosen.includes(scope) ? chosen.filter((other) => other !== scope) : [...chosen, scope]);
  return html`
    <fieldset class="scopes"><legend>${t("keys.scopes")}</legend>${own.map((scope) => html`
      <label key=${scope} class="row tight"><input type="checkbox" checked=${chosen.includes(scope)} onChange=${() => toggle(scope)} />
        <span><code>${scope}</code> <small class="faint">${t(`keys.scope.${scope}`)}</small></span></label>`)}</fieldset>`;
}

function bodyOf({ name, scopes, days, requests, jobs, tenant }) {
  const body = { name: name.trim(), scopes, expires_in_s: days ? Number(days) * DAY_S : null, requests_per_minute: requests, jobs_per_day: jobs };
  return tenant.trim() ? { ...body, tenant: tenant.trim() } : body;
}
