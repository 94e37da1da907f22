// Forms that a passkey answers: data-passkey="get" (show one) or "create" (make one).
// The challenge stands in data-options, or is asked for at the address in data-ask when the button is pressed.
(function () {
  "use strict";

  const WHY = {
    NotAllowedError: "It was broken off, or nothing on this device fits. Try again, or take another way.",
    InvalidStateError: "This device already holds a passkey for this account.",
    SecurityError: "Passkeys do not work at this address. They need https, or localhost on this very computer.",
    NotSupportedError: "This browser or key cannot do that. Untick “without a password”, or use the codes of an app.",
  };

  function say(form, text) {
    let line = form.querySelector("[data-passkey-said]");
    if (!line) {
      line = document.createElement("div");
      line.className = "notice crit";
      line.dataset.passkeySaid = "";
      line.setAttribute("role", "alert");
      (form.querySelector(".card-body") || form).prepend(line);
    }
    line.textContent = text;
  }

  async function challenge(form) {
    if (form.dataset.options) return JSON.parse(form.dataset.options);
    const answer = await fetch(form.dataset.ask, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(answer.status);
    return answer.json();
  }

  async function answered(form) {
    const options = await challenge(form);
    if (form.dataset.passkey === "get") return window.webauthnJSON.get(options);
    const alone = form.elements.passwordless && form.elements.passwordless.checked;
    const wanted = options.publicKey.authenticatorSelection;
    wanted.residentKey = alone ? "required" : "discouraged";
    wanted.requireResidentKey = Boolean(alone);
    if (alone) wanted.userVerification = "required";
    return window.webauthnJSON.create(options);
  }

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("[data-passkey]") || form.elements.credential.value) return;
    event.preventDefault();
    event.stopPropagation();
    if (form.dataset.passkeyAsking) return;
    form.dataset.passkeyAsking = "1";
    try {
      if (!window.PublicKeyCredential || !window.webauthnJSON) throw Object.assign(new Error(), { name: "SecurityError" });
      form.elements.credential.value = JSON.stringify(await answered(form));
      form.requestSubmit();
    } catch (failure) {
      say(form, WHY[failure.name] || "That did not work. Try again, or take another way.");
    } finally {
      delete form.dataset.passkeyAsking;
    }
  }, true);
})();
