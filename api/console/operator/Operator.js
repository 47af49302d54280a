// The operator's page: the whole service, of all tenants, as it is now. It asks again by itself while somebody looks.
import { html, useState } from "../vendor/htm-preact.js";
import { get, may } from "../api.js";
import { t, useLang, when } from "../i18n.js";
import { href } from "../router.js";
import { Button, EmptyState, ProblemNotice, Spinner, Toggle } from "../ui/ui.js";
import { Dead, Failures } from "./Failures.js";
import { keep } from "./history.js";
import { Keys } from "./Keys.js";
import { Overview } from "./Overview.js";
import { usePolled } from "./usePolled.js";
import { Workers } from "./Workers.js";

const EVERY_S = 5;

export function Operator() {
  useLang();
  if (!may("operator")) return html`<${EmptyState} icon="gauge" title=${t("operator.title")} text=${t("operator.needs")} />`;
  return html`<${Panel} />`;
}

function Panel() {
  const [live, setLive] = useState(true);
  const everyS = live ? EVERY_S : 0;
  const overview = usePolled((signal) => get("/v1/operator/overview", { signal }), everyS);
  const workers = usePolled((signal) => get("/v1/operator/workers", { signal }), everyS);
  const refresh = () => (overview.refresh(), workers.refresh());
  return html`
    <div class="page operator stack wide">
      <header class="row spread"><h1>${t("operator.title")}</h1>
        <div class="row"><a href=${href("capacity")}>${t("capacity.open")}</a><small class="faint">${overview.at && t("operator.asOf", { at: when(new Date(overview.at).toISOString()) })}</small>
          <${Toggle} label=${t("operator.live")} checked=${live} onChange=${setLive} />
          <${Button} small=${true} icon="redo" onClick=${refresh}>${t("operator.refresh")}<//></div></header>
      <${ProblemNotice} problem=${overview.problem ?? workers.problem} />
      ${overview.value ? html`<${Overview} overview=${overview.value} samples=${keep(overview.value, overview.at)} />` : !overview.problem && html`<${Spinner} />`}
      <${Section} name="workers">${workers.value && html`<${Workers} workers=${workers.value.items} />`}<//>
      <${Section} name="dead"><${Dead} everyS=${everyS} onChange=${overview.refresh} /><//>
      <${Section} name="failures"><${Failures} problems=${overview.value?.problems} everyS=${everyS} /><//>
      <${Section} name="keys"><${Keys} everyone=${true} /><//>
    </div>`;
}

function Section({ name, children }) {
  return html`<section class="stack tight" aria-labelledby="operator-${name}"><h2 id="operator-${name}">${t(`operator.${name}`)}</h2>${children}</section>`;
}
