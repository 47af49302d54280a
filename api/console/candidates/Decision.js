// A person's verdict on a picture: approved or rejected, with a note, and taken back.
import { html, useEffect, useState } from "../vendor/htm-preact.js";
import { may, post } from "../api.js";
import { t, when } from "../i18n.js";
import { known, take } from "../live/jobs.js";
import { Badge, Button, Dialog, ProblemNotice, TextInput, toast } from "../ui/ui.js";

const MOST_NOTE = 500;

/** Keep verdicts for pictures of a job: `decide(indices, verdict, note)` answers how many were kept. Throws Problem. */
export async function decide(job, indices, verdict, note = "") {
  const told = indices.map((index) => post(`/v1/jobs/${job.id}/outputs/${index}/decision`, { verdict, note }));
  const kept = await Promise.all(told);
  const latest = known.value.get(job.id) ?? job;
  const decisions = new Map(kept.map(({ index, decision }) => [index, decision]));
  const judged = (output) => (decisions.has(output.index) ? { ...output, decision: decisions.get(output.index) } : output);
  take([{ ...latest, outputs: latest.outputs.map(judged) }]);
  return kept;
}

/** <Decision job output onDecided/>: the verdict on one output as two buttons; `onDecided(output)` hears the new one. */
export function Decision({ job, output, onDecided }) {
  const [own, setOwn] = useState(null); // the server's answer, until the job's document brings it
  const [asking, setAsking] = useState(false);
  const [problem, setProblem] = useState(null);
  useEffect(() => setOwn(null), [job.id, output.index, output.decision?.at]);
  const decision = (own ?? output).decision;
  const tell = async (verdict, note) => {
    try {
      const [kept] = await decide(job, [output.index], verdict, note);
      setOwn(kept);
      setProblem(null);
      onDecided?.(kept);
    } catch (refusal) {
      setProblem(refusal);
    }
  };
  const is = (verdict) => decision?.verdict === verdict;
  if (!may("jobs:write")) return decision ? html`<${Verdict} decision=${decision} />` : null;
  return html`
    <div class="decision" role="group" aria-label=${t("decision.of")}>
      <${Button} small=${true} icon="check" aria-pressed=${String(is("approved"))} onClick=${() => tell(is("approved") ? null : "approved")}>${t("decision.approve")}<//>
      <${Button} small=${true} icon="close" aria-pressed=${String(is("rejected"))} onClick=${() => (is("rejected") ? tell(null) : setAsking(true))}>${t("decision.reject")}<//>
      ${decision && html`<span class="faint small" role="status">${decision.note && html`“${decision.note}” · `}${when(decision.at)}</span>`}
      ${problem && html`<${ProblemNotice} problem=${problem} />`}
      ${asking && html`<${Reject} onReject=${(note) => tell("rejected", note)} onClose=${() => setAsking(false)} />`}
    </div>`;
}

/** The verdict as a badge; nothing where there is none. */
export function Verdict({ decision }) {
  if (!decision?.verdict) return null;
  const good = decision.verdict === "approved";
  return html`<${Badge} tone=${good ? "good" : "bad"} icon=${good ? "check" : "close"} title=${decision.note}>${t(`decision.${decision.verdict}`)}<//>`;
}

/** Asks why; the note may stay empty. */
export function Reject({ n = 1, onReject, onClose }) {
  const [note, setNote] = useState("");
  const accept = async () => {
    onClose();
    await onReject(note.trim());
    toast(t("decision.told", { n }));
  };
  return html`
    <${Dialog} title=${t("decision.rejectTitle", { n })} onClose=${onClose} actions=${html`
      <${Button} onClick=${onClose}>${t("cancel")}<//><${Button} kind="danger" onClick=${accept}>${t("decision.reject")}<//>`}>
      <${TextInput} autofocus label=${t("decision.note")} hint=${t("decision.noteHint")} rows="3" maxlength=${MOST_NOTE} value=${note} onInput=${setNote} /><//>`;
}
