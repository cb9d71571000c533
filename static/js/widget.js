// Events or one event's tickets on an organiser's own page. One script tag, where they are to stand:
//   <script src="https://…/widget.js" data-organiser="alices-hall" async></script>
//   <script src="https://…/widget.js" data-event="evening-with-strings" async></script>
// data-language="de" speaks that language; without it, the visitor's browser decides.
// It puts a frame there and keeps it as high as its content. Tickets are chosen in the frame; the checkout
// opens in a tab of its own, so it needs no cookies here and the buyer sees whose page it is.
(() => {
  const script = document.currentScript;
  if (!script) return;
  const home = new URL(script.src).origin;
  const { organiser, event, label, language } = script.dataset;
  if (!organiser && !event) return;
  const path = event ? `/events/${encodeURIComponent(event)}/widget/` : `/organisers/${encodeURIComponent(organiser)}/widget/`;
  const frame = document.createElement("iframe");
  const titles = { de: "Tickets", es: "Entradas", fr: "Billets", hi: "टिकट" };
  frame.src = `${home}${path}?src=widget${language ? `&language=${encodeURIComponent(language)}` : ""}`;
  frame.title = label || titles[(language || document.documentElement.lang).slice(0, 2)] || "Tickets";
  frame.loading = "lazy";
  frame.referrerPolicy = "origin";
  Object.assign(frame.style, { width: "100%", border: "0", height: "420px", colorScheme: "light dark" });
  script.after(frame);
  addEventListener("message", (message) => {
    if (message.source !== frame.contentWindow || message.origin !== home) return;
    const height = message.data?.ticketingHeight;
    if (Number.isFinite(height) && height > 0) frame.style.height = `${Math.min(Math.ceil(height), 20000)}px`;
  });
})();
