"""What can be told, and which acts on the trail it is read from."""

KINDS = {
    "order.placed": "An order was placed",
    "order.paid": "An order was confirmed: paid, or nothing to pay",
    "order.changed": "Its buyer or a ticket of it was changed, or a ticket made void",
    "order.cancelled": "An order was cancelled",
    "order.refunded": "Money of an order was given back",
    "ticket.admitted": "Somebody came in",
    "event.created": "An event was made",
    "event.changed": "An event, its ticket types or capacities were changed",
    "event.published": "An event was published",
    "event.unpublished": "An event was taken off the public pages",
    "event.cancelled": "An event was cancelled",
}
TEST = "test"
# Acts that verbs note on the trail → what is told of them.
ACTS = {
    "order_cancelled": "order.cancelled",
    "buyer_changed": "order.changed",
    "ticket_reassigned": "order.changed",
    "ticket_transferred": "order.changed",
    "ticket_voided": "order.changed",
    "event_made": "event.created",
    "event_changed": "event.changed",
    "type_made": "event.changed",
    "type_changed": "event.changed",
    "type_archived": "event.changed",
    "capacity_made": "event.changed",
    "capacity_changed": "event.changed",
    "event_published": "event.published",
    "event_unpublished": "event.unpublished",
    "event_cancelled": "event.cancelled",
}
