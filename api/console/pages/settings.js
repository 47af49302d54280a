// Settings: how the page looks, whose key this is and what it may do, the tenant's keys and webhooks.
import { html } from "../vendor/htm-preact.js";
import { may, me, signOut } from "../api.js";
import { LANGUAGES, lang, number, t, when } from "../i18n.js";
import { Keys } from "../operator/Keys.js";
import { kept, useSignal } from "../store.js";
import { Badge, Button, Segmented } from "../ui/ui.js";
import { Data } from "./data.js";
import { Webhooks } from "./webhooks.js";

const THEMES = ["system", "light", "dark"];

export const theme = kept("theme", "system");
theme.subscribe((chosen) => {
  if (chosen === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
});

export function Settings() {
  return html`<div class="page narrow"><header class="page-head"><h1>${t("nav.settings")}</h1></header><${Looks} /><${Own} />
    ${may("keys:manage") && html`<section class="card stack" aria-label=${t("keys.title")}><h2>${t("keys.title")}</h2><${Keys} /></section>`}${may("webhooks:manage") && html`<${Webhooks} />`}
    ${may("keys:manage") && html`<${Data} />`}
    <p class="row soft small"><a href="/docs" target="_blank" rel="noopener">${t("settings.docs")}</a>
      <a href="/docs/api" target="_blank" rel="noopener">${t("settings.api")}</a></p></div>`;
}

function Looks() {
  return html`<section class="card row wide-gap">
    <${Segmented} label=${t("settings.language")} options=${Object.entries(LANGUAGES)} value=${useSignal(lang)} onChange=${lang.set} />
    <${Segmented} label=${t("settings.theme")} options=${THEMES.map((one) => [one, t(`theme.${one}`)])} value=${useSignal(theme)} onChange=${theme.set} />
      </section>`;
}

function Own() {
  const known = useSignal(me);
  if (!known) return null;
  const { tenant, key, limits } = known;
  const rows = [
    [t("settings.tenant"), tenant],
    [t("settings.key"), html`${key.name || "–"} <code class="faint">${key.id}</code>`],
    [t("settings.expires"), key.expires_at ? when(key.expires_at) : t("settings.never")],
    [t("settings.requests"), limits.requests_per_minute == null ? t("settings.unlimited") : number(limits.requests_per_minute)],
    [t("settings.jobs"), limits.jobs_per_day == null ? t("settings.today", { n: limits.jobs_today }) : t("settings.today.of", { n: limits.jobs_today, most: limits.jobs_per_day })],
  ];
  return html`<section class="card stack"><div class="row spread"><h2>${t("settings.access")}</h2>
    <${Button} small icon="out" onClick=${signOut}>${t("settings.out")}<//></div>
    <dl class="facts">${rows.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}
      <div><dt>${t("settings.scopes")}</dt>
        <dd class="row tight">${key.scopes.map((scope) => html`<${Badge} key=${scope}>${t(`keys.scope.${scope}`)}<//>`)}</dd></div>
        </dl></section>`;
}
