/** Kinds of events that others may be told, with the names of their texts. */
export const kinds = (
  [
    "message.posted",
    "message.recalled",
    "message.edited",
    "member.joined",
    "member.left",
    "member.renamed",
    "member.muted",
    "member.requested",
    "group.renamed",
    "group.announced",
    "group.invited",
    "group.gone",
    "roster.taken",
    "reaction.added",
    "contact.added",
    "contact.removed",
    "code.scanned",
    "connection.changed",
    "coverage.lost",
    "coverage.back",
    "action.done",
    "action.failed",
    "action.unknown",
    "action.handed",
  ] as const
).map((kind) => ({ kind, text: kind.replace(".", "_") as Underscored<typeof kind> }));

type Underscored<K extends string> = K extends `${infer A}.${infer B}` ? `${A}_${B}` : K;
