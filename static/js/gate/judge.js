// Judging without the server, in the order of docs/gate-protocol.md, 4: code, signature, record, standing, rule.
import { refusal, split } from "./rotating.js";
import { judge as judgeByRule, periodOf } from "./rules.js";
import { unsealer } from "./seal.js";
import { NoMeans, signedCode } from "./signature.js";
import { decode, serialText } from "./ticket-code.js";

const STANDINGS = [null, "revoked", "cancelled", "unpaid"];
const MOVES = new Set(["admitted", "exited", "not_inside"]); // who was never scanned in is let out all the same
const nothing = { letIn: false, ticket: null, earlier: null, id: null, period: 0 };

/** What the event's key says of a claim: null when it is genuine and of this event. A key nobody told of is asked for. */
const misfit = async (claim, known) => {
  const { setup, means } = known;
  if (claim.eventId !== setup.event.id) return "wrong_event";
  const key = setup.publicKeys[claim.keyId];
  if (!key) known.strangeKey = true;
  return key && (await signedCode(claim, key, means)) ? null : "forged";
};

/** {verdict, letIn, ticket, earlier, id, period}. `letIn` null: the steward decides.
 *  `at`: {gate, list, rule, direction}; `known`: {setup, copy, movements, means}; `moment`: ms, the server's clock. */
export const judgeAlone = async (text, at, known, moment) => {
  const { code, suffix } = split(text);
  const claim = decode(code);
  if (claim === null) return { ...nothing, verdict: "unknown" };
  let wrong;
  try {
    wrong = await misfit(claim, known);
  } catch (error) {
    if (!(error instanceof NoMeans)) throw error;
    wrong = null; // the record below opens with the whole code alone, signature included
  }
  if (wrong) return { ...nothing, verdict: wrong };
  return judgeGenuine(claim, suffix, at, known, moment);
};

const judgeGenuine = async (claim, suffix, at, { setup, copy, movements }, moment) => {
  const opened = await unsealer(claim);
  const record = await copy.record(opened);
  const period = periodOf(at.list.rule, moment, setup.event.time_zone);
  const state = movements.on(copy.state(opened.id, at.list.id, period), opened.id, at.list.id, period, at.list.rule.exits);
  const found = { ...nothing, id: opened.id, period, ticket: ticketOf(claim, record, setup) };
  const standing = STANDINGS[record?.standing ?? 0] ?? (await refusalOf(suffix, record, setup, moment));
  if (standing) return { ...found, verdict: standing };
  const { types, rule } = at.list;
  const { verdict } = judgeByRule({ rule, types, type: record?.type ?? null, direction: at.direction, moment, state });
  const earlier = verdict === "already_admitted" && state.at ? { at: state.at, gate: setup.all_gates[state.gate] ?? "" } : null;
  if (record || verdict !== "admitted") return { ...found, verdict, earlier, letIn: MOVES.has(verdict) };
  return { ...found, verdict: "authentic_unknown", letIn: lettingIn(setup) };
};

const refusalOf = (suffix, record, { policy }, moment) => (policy.rotating ? refusal(suffix, record?.secret ?? null, policy, moment) : null);

/** Whether an unlisted ticket's holder goes in; null: the steward decides, whom a kiosk does not have. */
const lettingIn = ({ policy, device }) => ({ admit: true, refuse: false })[policy.unlisted] ?? (device.kiosk ? false : null);

const ticketOf = (claim, record, setup) => ({
  serial: serialText(claim.serial),
  attendee: record?.attendee ?? "",
  type: record ? (setup.types[record.type] ?? "") : "",
  order: record?.order ?? "",
});
