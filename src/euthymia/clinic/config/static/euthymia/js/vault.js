// What is kept on this tablet, sealed: entries that could not be sent, and what was typed and not saved. The key cannot
// be taken out of the browser, so a copied store is of no use elsewhere. A script that runs in our own pages could use
// it all the same; the page policy is what holds that off. Beside the sealed part stand only whose it is, when it was
// made and how it stands.
(() => {
  const NAME = "euthymia-kept", STORES = ["entries", "typed"], PATIENCE_MS = 12_000, ROOM_BYTES = 5_000_000;
  const PROBE = "probe-", MAKE = { mayMake: true }, AGAIN_MS = 30_000;
  const house = (window.euthymia ??= {});
  const text = new TextEncoder(), words = new TextDecoder();
  let opened = null, verdict = null;

  const asked = (request) => new Promise((done, fail) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => fail(request.error);
  });
  const within = (promise) => Promise.race([
    promise, new Promise((_, fail) => setTimeout(() => fail(new Error("the store does not answer")), PATIENCE_MS)),
  ]);

  // What is kept is looked at without making a store where there is none: looking while another part wipes brings no new
  // key into the world. The first that writes makes both.
  const connect = async (mayMake) => {
    const request = indexedDB.open(NAME, 1);
    let absent = false;
    request.onupgradeneeded = () => {
      if (!mayMake) { absent = true; request.transaction.abort(); return; }
      request.result.createObjectStore("keys");
      request.result.createObjectStore("entries", { keyPath: "order", autoIncrement: true });
      request.result.createObjectStore("typed", { keyPath: "id" });
    };
    const base = await within(asked(request)).catch((problem) => { if (absent) return null; throw problem; });
    if (!base) return null;
    base.onversionchange = () => { base.close(); opened = null; }; // another tab wipes
    const fresh = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    const keys = base.transaction("keys", "readwrite").objectStore("keys");
    const found = await asked(keys.get("sealing")); // asked for and put in one transaction: two tabs make one key
    if (!found && mayMake) await asked(keys.put(fresh, "sealing"));
    return { base, key: found ?? (mayMake ? fresh : null) };
  };
  const open = async (mayMake) => {
    for (;;) {
      const store = await (opened ??= connect(mayMake).catch((problem) => { opened = null; throw problem; })
        .then((found) => { if (!found) opened = null; return found; }));
      if (store?.key || !mayMake) return store;
      store?.base.close(); // a store without a key: the next connection may make one
      opened = null;
    }
  };

  const at = async (store, mode, act, { mayMake = false, absent } = {}) => {
    const { base } = await open(mayMake) ?? {};
    if (!base) return absent;
    const transaction = base.transaction(store, mode, { durability: "strict" });
    const kept = new Promise((done, fail) => {
      transaction.oncomplete = done;
      transaction.onabort = transaction.onerror = () => fail(transaction.error);
    });
    const result = await asked(act(transaction.objectStore(store)));
    await kept; // only then may a page say that something is kept
    return result;
  };

  // ``about`` is bound to what is sealed: a record cannot be given to another author or swapped for another.
  const seal = async (value, about) => {
    const { key } = await open(true);
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const bytes = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: text.encode(about) }, key, text.encode(JSON.stringify(value)));
    return { iv, bytes };
  };
  const unseal = async ({ iv, bytes }, about) => {
    const { key } = await open(false) ?? {};
    if (!key) throw new Error("the key is gone, and with it what it sealed");
    return JSON.parse(words.decode(await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData: text.encode(about) }, key, bytes)));
  };

  // Whether this browser keeps what it is given, tried before anybody trusts it: "" or a sentence.
  const tried = async () => {
    if (!window.isSecureContext || !crypto.subtle || !window.indexedDB) return "This address is not secure, so nothing can be sealed on this tablet.";
    try {
      // Another tab may wipe in between, and a page that is left leaves its probe: each trial has one of its own.
      const id = `${PROBE}${crypto.randomUUID()}`, given = () => at("typed", "readonly", (store) => store.get(id));
      let back;
      for (let turn = 0; turn < 2 && !back; turn += 1) {
        const probe = await seal("kept?", id);
        await at("typed", "readwrite", (store) => store.put({ id, author: "", made: 0, sealed: probe }), MAKE);
        back = await given();
      }
      if (await unseal(back.sealed, id) !== "kept?") return "This browser gives back something else than it was given.";
      await at("typed", "readwrite", (store) => store.delete(id));
      const room = await navigator.storage?.estimate?.();
      if (room && room.quota - room.usage < ROOM_BYTES) return "This tablet has no room left.";
      navigator.storage?.persist?.();
      return "";
    } catch (problem) {
      if (problem?.name === "QuotaExceededError") return "This tablet has no room left.";
      setTimeout(() => { verdict = null; }, AGAIN_MS); // it may have been a wipe at the wrong moment
      return "This browser keeps nothing, as in a private window.";
    }
  };

  house.vault = {
    STORES, seal, unseal,
    ready: () => verdict ??= tried(),
    put: (store, record) => at(store, "readwrite", (place) => place.put(record), MAKE),
    get: (store, id) => at(store, "readonly", (place) => place.get(id)),
    // A page that was left in the middle of the trial leaves its probe: that is nobody's.
    all: async (store) => (await at(store, "readonly", (place) => place.getAll(), { absent: [] })).filter((row) => !String(row.id).startsWith(PROBE)),
    remove: (store, id) => at(store, "readwrite", (place) => place.delete(id)),
    // Whether there is anything at all, without making a store where there is none.
    exists: async () => !indexedDB.databases || (await indexedDB.databases()).some((each) => each.name === NAME),
    // The key goes with the store: what was sealed is nothing from then on.
    wipe: async () => {
      const { base } = (await opened?.catch(() => null)) ?? {};
      base?.close();
      opened = verdict = null;
      await asked(indexedDB.deleteDatabase(NAME));
    },
  };
})();
