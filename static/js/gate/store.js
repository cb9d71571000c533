// The phone's memory: IndexedDB, which outlives a restart.
//   facts  what this phone is: token, set-up, shift, clock
//   parts  the copy, each part as it came
//   scans  what was scanned here, by nonce: the list the steward sees, and what it did to a ticket's state
//   queue  what the server has not been told yet, oldest first
const NAME = "gate";
const VERSION = 1;

const settled = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

const build = ({ target: { result: database } }) => {
  database.createObjectStore("facts");
  database.createObjectStore("parts", { keyPath: "number" });
  database.createObjectStore("scans", { keyPath: "nonce" }).createIndex("by_time", "scanned_at");
  database.createObjectStore("queue", { autoIncrement: true });
};

export class Store {
  #database;

  constructor(database) {
    this.#database = database;
    database.onversionchange = () => database.close(); // another page wipes or renews it
  }

  static async open() {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = build;
    return new Store(await settled(request));
  }

  /** Everything this page knows of the gate, gone from the disk. */
  async erase() {
    this.#database.close();
    await settled(indexedDB.deleteDatabase(NAME));
  }

  /** `act(stores)` within one transaction; resolves when it is on the disk. `act` may put and delete, not wait for others. */
  async change(names, act) {
    const transaction = this.#database.transaction(names, "readwrite", { durability: "strict" });
    const done = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = transaction.onerror = () => reject(transaction.error);
    });
    act(Object.fromEntries(names.map((name) => [name, transaction.objectStore(name)])));
    return done;
  }

  #read(name) {
    return this.#database.transaction(name).objectStore(name);
  }

  fact(name) {
    return settled(this.#read("facts").get(name));
  }

  keepFact(name, value) {
    return this.change(["facts"], ({ facts }) => facts.put(value, name));
  }

  parts() {
    return settled(this.#read("parts").getAll());
  }

  scan(nonce) {
    return settled(this.#read("scans").get(nonce));
  }

  scans() {
    return settled(this.#read("scans").index("by_time").getAll());
  }

  /** [{key, ...what waits}], oldest first. */
  async waiting() {
    const queue = this.#read("queue");
    const [keys, values] = await Promise.all([settled(queue.getAllKeys()), settled(queue.getAll())]);
    return values.map((value, number) => ({ ...value, key: keys[number] }));
  }

  depth() {
    return settled(this.#read("queue").count());
  }
}
