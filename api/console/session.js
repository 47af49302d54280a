// The session beside other tabs: a new tab asks them for the key, and signing out ends it in all. Nothing is stored.
import { key, keyProblem, signIn, signOut } from "./api.js";

const channel = "BroadcastChannel" in window ? new BroadcastChannel("packshot-session") : null; // of this origin alone

/** Share the session with this browser's tabs from now on, and take theirs where this one has none. */
export function shareSession() {
  if (!channel) return;
  let last = key.value;
  key.subscribe((shown) => {
    if (shown === null && last && !keyProblem.value) channel.postMessage({ over: last }); // a refused key each tab finds out
    last = shown;
  });
  channel.addEventListener("message", ({ data }) => heard(data));
  if (!last) channel.postMessage({ wanted: true });
}

function heard({ wanted, key: told, over }) {
  if (wanted && key.value) channel.postMessage({ key: key.value });
  if (told && !key.value && !keyProblem.value) signIn(told, false);
  if (over && over === key.value) signOut();
}
