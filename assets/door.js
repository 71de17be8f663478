/**
 * Passkeys on the pages in front of the cockpit: what the server asks goes to the browser's authenticator, and its
 * answer back as a form, so that what follows is a page like after a code. Words stand in the page.
 */
(function () {
  "use strict";

  const form = document.querySelector("form[data-passkey]");
  if (!form || !window.PublicKeyCredential) return; // the form stays hidden; there are codes
  const wrong = form.querySelector("[role=alert]");
  const button = form.querySelector("button");

  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const named = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));

  /** The server's question as the browser takes it: bytes instead of base64url. */
  function question(asked) {
    const given = { ...asked, challenge: bytes(asked.challenge) };
    if (asked.user) given.user = { ...asked.user, id: bytes(asked.user.id) };
    if (asked.excludeCredentials) given.excludeCredentials = named(asked.excludeCredentials);
    if (asked.allowCredentials) given.allowCredentials = named(asked.allowCredentials);
    return { publicKey: given };
  }

  /** The authenticator's answer as the server takes it. */
  function answer(found) {
    const response = {};
    for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (found.response[part]) response[part] = text(found.response[part]);
    }
    return JSON.stringify({ id: found.id, rawId: text(found.rawId), type: found.type, response });
  }

  async function ask() {
    const asked = await fetch("/login/passkey/options", { method: "POST" });
    if (asked.redirected) return location.assign(asked.url); // the login took too long
    if (!asked.ok) throw new Error(`options: ${asked.status}`);
    const wanted = question(await asked.json());
    const kept = navigator.credentials;
    const found = await (form.dataset.passkey === "make" ? kept.create(wanted) : kept.get(wanted));
    form.elements.answer.value = answer(found);
    form.submit();
  }

  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    wrong.hidden = button.disabled = true;
    ask().catch((error) => {
      console.info("passkey", error.name, error.message); // also when its owner called it off
      wrong.textContent = form.dataset.failed;
      wrong.hidden = button.disabled = false;
    });
  });
})();
