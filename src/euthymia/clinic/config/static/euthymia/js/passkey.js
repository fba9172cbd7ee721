// Passkeys: to sign in, to sign, and to make a new one. A part of a page marked data-passkey-form holds a
// button, a hidden field for the answer and a line for what went wrong. The question comes from the address
// in data-passkey-options, or from the element it names; the answer goes with the form it stands in.
(() => {
  const bytes = (text) => {
    const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
  };
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

  const withBytes = (credentials) => credentials?.map((each) => ({ ...each, id: bytes(each.id) }));
  const question = ({ publicKey }) => ({
    ...publicKey,
    challenge: bytes(publicKey.challenge),
    ...(publicKey.user && { user: { ...publicKey.user, id: bytes(publicKey.user.id) } }),
    ...(publicKey.allowCredentials && { allowCredentials: withBytes(publicKey.allowCredentials) }),
    ...(publicKey.excludeCredentials && { excludeCredentials: withBytes(publicKey.excludeCredentials) }),
  });
  const answer = (credential) => {
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (credential.response[name]) response[name] = text(credential.response[name]);
    }
    return JSON.stringify({
      id: credential.id,
      rawId: text(credential.rawId),
      type: credential.type,
      response,
      clientExtensionResults: credential.getClientExtensionResults(),
    });
  };

  const optionsFor = async (part, form) => {
    const from = part.dataset.passkeyOptions;
    if (from.startsWith("#")) return JSON.parse(document.querySelector(from).textContent);
    const asked = await fetch(from, {
      method: part.dataset.passkeyMethod === "get" ? "GET" : "POST",
      headers: { Accept: "application/json", "X-CSRFToken": form.elements.csrfmiddlewaretoken.value },
      credentials: "same-origin",
    });
    if (!asked.ok || asked.redirected) throw new Error("refused");
    const data = await asked.json();
    return data.request_options ?? data;
  };

  const use = async (part) => {
    const form = part.closest("form");
    const say = (sentence) => (part.querySelector("[data-passkey-status]").textContent = sentence);
    say("");
    if (!offered()) {
      say("No passkey can be used here: this browser offers none, or the page was not opened at the clinic's own address with https.");
      return;
    }
    let credential;
    try {
      const publicKey = question(await optionsFor(part, form));
      credential =
        part.dataset.passkeyKind === "create"
          ? await navigator.credentials.create({ publicKey })
          : await navigator.credentials.get({ publicKey });
    } catch (problem) {
      say(
        problem.name === "InvalidStateError"
          ? "This passkey is yours already."
          : problem.message === "refused"
            ? "The server did not answer. Reload the page and try again."
            : "No passkey was used. Try again, or use password and code.",
      );
      return;
    }
    part.querySelector("[data-passkey-answer]").value = answer(credential);
    form.requestSubmit(form.querySelector("[type=submit]") ?? undefined);
  };

  // A browser offers passkeys only on a host with a name, over TLS or on localhost.
  const offered = () => "PublicKeyCredential" in window && window.isSecureContext && !/^[\d.]+$|^\[/.test(location.hostname);
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-passkey-button]");
    if (button) use(button.closest("[data-passkey-form]"));
  });
})();
