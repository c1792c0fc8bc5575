import type { components } from "./schema.gen.ts";

// The shapes of the API under their own names.
type Schemas = components["schemas"];

export type Period = Schemas["Period"];
export type Session = Schemas["SessionAnswer"];
export type Staff = Schemas["StaffView"];
export type Community = Schemas["CommunityView"];
export type GroupCard = Schemas["GroupCard"];
export type Groups = Schemas["GroupsAnswer"];
export type GroupHead = Schemas["GroupAnswer"];
export type Coverage = Schemas["Coverage"];
export type Capability = Schemas["Capability"];
export type Gap = Schemas["Gap"];
export type Num = Schemas["Number"];
export type Numbers = Schemas["NumbersAnswer"];
export type Trend = Schemas["Trend"];
export type Rhythm = Schemas["Rhythm"];
export type Retention = Schemas["Retention"];
export type Speakers = Schemas["SpeakersAnswer"];
export type Speaker = Schemas["Speaker"];
export type HotWord = Schemas["HotWord"];
export type Message = Schemas["Message"];
export type Stream = Schemas["StreamAnswer"];
export type Search = Schemas["SearchAnswer"];
export type Import = Schemas["Import"];
export type ImportPreview = Schemas["ImportPreview"];
export type ImportProgress = Schemas["ImportProgress"];
export type ImportResult = Schemas["ImportResult"];
export type ImportChange = Schemas["ImportChange"];
export type Roster = Schemas["RosterAnswer"];
export type Metric = Schemas["MetricEntry"];
export type Ref = Schemas["Ref"];
export type Welcome = Schemas["Welcome"];
export type OutboxEntry = Schemas["OutboxEntry"];
export type Parked = Schemas["Parked"];
export type Loop = Schemas["Loop"];
export type PersonView = Schemas["PersonView"];
