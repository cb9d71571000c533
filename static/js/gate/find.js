// Search by name: asks the server, since names on the phone open with codes alone.
import { Away } from "./server.js";
import { part } from "./screens.js";

const NO_NETWORK = "No network: names can't be searched. Read the code.";

const row = (ticket, pick) => {
  const element = document.createElement("li");
  element.className = "card";
  const who = document.createElement("p");
  const name = document.createElement("b");
  name.textContent = ticket.attendee || "No name";
  who.append(name, ` · ${ticket.type} · ${ticket.order}`);
  const button = document.createElement("button");
  button.type = "button";
  button.className = "wide";
  button.textContent = `Check in ${ticket.attendee || ticket.serial}`;
  button.addEventListener("click", () => pick(ticket));
  element.append(who, button);
  return element;
};

/** Shows who is found; `pick(ticket)` is the steward's choice. */
export const find = async (text, server, pick) => {
  const list = part("found");
  const word = part("found-say");
  list.replaceChildren();
  word.textContent = "Searching";
  try {
    const { tickets } = await server.get(`tickets/?q=${encodeURIComponent(text)}`);
    word.textContent = tickets.length ? "" : `Nobody's name begins with “${text}”.`;
    list.replaceChildren(...tickets.map((ticket) => row(ticket, pick)));
  } catch (error) {
    word.textContent = error instanceof Away ? NO_NETWORK : error.message;
  }
};
