import type { Whose } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { type Part as FollowingPart, parts as followingParts } from "./pages/following/parts.ts";
import { type Part as WeComPart, parts as weComParts } from "./pages/wecom/parts.ts";
import { type Length, lengths, periodSearch } from "./parts/period.ts";
import { type OutboxState, outboxStates } from "./queries/actions.ts";
import { type AlertState, alertStates } from "./queries/alerts.ts";
import { exploreSearch } from "./queries/explore.ts";
import { bandFilters, groupTypes, type HealthFilter, healthOrders } from "./queries/health.ts";
import { type ReviewKind, type ReviewState, reviewKinds, reviewStates } from "./queries/moderation.ts";
import { onlySome, type PeopleFilter } from "./queries/people.ts";
import { type GroupKind, groupKinds } from "./queries/profile.ts";
import { type TaskState, taskStates } from "./queries/tasks.ts";
import type { AuditSearch } from "./queries/team.ts";
import { type Content, communities, contents, narrows, type SearchFilter, session, sorts } from "./queries.ts";
import { Lost, Wrong } from "./shell/Fallbacks.tsx";
import { allTexts } from "./words/language.ts";

function signedOut(thrown: unknown): void {
  if (asProblem(thrown).code !== "signed_out") return;
  queryClient.removeQueries({ queryKey: session.queryKey });
  void router.invalidate();
}

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: signedOut }),
  mutationCache: new MutationCache({ onError: signedOut }),
  defaultOptions: {
    queries: {
      staleTime: 30_000, // milliseconds; what goes stale before is told by the server
      retry: (failures, error) => failures < 2 && asProblem(error).passing,
      refetchOnWindowFocus: false,
    },
  },
});

/** A page that shows texts which are not among the first. */
function withTexts<T>(load: () => Promise<T>): () => Promise<T> {
  return async () => (await Promise.all([load(), allTexts()]))[0];
}

const root = createRootRoute({ component: Outlet, errorComponent: Wrong, notFoundComponent: Lost });

const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);
const aDay = (value: unknown) => (Number.isNaN(Date.parse(`${value}T00:00:00Z`)) ? undefined : text(value));
const id = (value: unknown) => (Number.isInteger(Number(value)) && Number(value) > 0 ? Number(value) : undefined);

const setup = createRoute({
  getParentRoute: () => root,
  path: "/setup",
  validateSearch: (search: Record<string, unknown>): { token?: string } => ({
    token: text(String(search.token ?? "")),
  }),
  component: lazyRouteComponent(() => import("./pages/entry/SetupPage.tsx"), "SetupPage"),
});

const join = createRoute({
  getParentRoute: () => root,
  path: "/join",
  validateSearch: (search: Record<string, unknown>): { token?: string } => ({
    token: text(String(search.token ?? "")),
  }),
  component: lazyRouteComponent(() => import("./pages/entry/JoinPage.tsx"), "JoinPage"),
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (search: Record<string, unknown>): { back?: string } => ({ back: text(search.back) }),
  component: lazyRouteComponent(() => import("./pages/entry/SignInPage.tsx"), "SignInPage"),
});

// Everything below is for people who are signed in.
const inside = createRoute({
  getParentRoute: () => root,
  id: "inside",
  beforeLoad: async ({ location }) => {
    const s = await queryClient.ensureQueryData(session);
    if (s.setup_needed && !s.staff) throw redirect({ to: "/setup", search: {} });
    if (!s.staff) throw redirect({ to: "/sign-in", search: { back: location.href } });
    const [community] = await queryClient.ensureQueryData(communities);
    return {
      community: community?.slug ?? "default",
      zone: community?.zone ?? "Asia/Shanghai",
      position: community?.position ?? "",
    };
  },
  component: lazyRouteComponent(() => import("./shell/Shell.tsx"), "Shell"),
});

const home = createRoute({
  getParentRoute: () => inside,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/today", search: {} });
  },
});

const today = createRoute({
  getParentRoute: () => inside,
  path: "/today",
  validateSearch: (s: Record<string, unknown>): { whose?: Whose; all?: true } => ({
    whose: whoseOf(s.whose),
    all: s.all ? true : undefined,
  }),
  component: lazyRouteComponent(() => import("./pages/today/TodayPage.tsx"), "TodayPage"),
});

const whoseOf = (v: unknown): Whose | undefined => (v === "mine" || v === "all" ? v : undefined);

interface GroupsSearch {
  q?: string;
  only?: (typeof narrows)[number];
  kind?: GroupKind;
  whose?: Whose;
  sort?: (typeof sorts)[number];
  days?: Length;
  view?: "cards" | "table";
}

interface MessagesSearch extends SearchFilter {
  /** The message whose context is open. */
  at?: number;
}

interface ImportsSearch {
  tab?: "roster";
  group?: number;
}

interface TasksSearch {
  state?: TaskState;
  whose?: Whose;
  group?: number;
}

interface OutboxSearch {
  state?: OutboxState;
  group?: number;
}

const groups = createRoute({
  getParentRoute: () => inside,
  path: "/groups",
  validateSearch: (s: Record<string, unknown>): GroupsSearch => ({
    q: text(s.q),
    only: narrows.find((x) => x === s.only),
    kind: groupKinds.find((x) => x === s.kind),
    whose: whoseOf(s.whose),
    sort: sorts.find((x) => x === s.sort),
    days: lengths.find((x) => x === Number(s.days)),
    view: s.view === "table" ? "table" : s.view === "cards" ? "cards" : undefined,
  }),
  component: lazyRouteComponent(() => import("./pages/overview/OverviewPage.tsx"), "OverviewPage"),
});

const group = createRoute({
  getParentRoute: () => inside,
  path: "/groups/$group",
  params: {
    parse: ({ group: g }) => ({ group: Number(g) }),
    stringify: ({ group: g }) => ({ group: String(g) }),
  },
  validateSearch: periodSearch,
  component: lazyRouteComponent(() => import("./pages/group/GroupPage.tsx"), "GroupPage"),
});

const messages = createRoute({
  getParentRoute: () => inside,
  path: "/messages",
  validateSearch: (s: Record<string, unknown>): MessagesSearch => ({
    q: s.q === undefined ? undefined : text(String(s.q)),
    group: id(s.group),
    person: id(s.person),
    from: text(s.from),
    to: text(s.to),
    content: contents.find((c): c is Content => c === s.content),
    at: id(s.at),
  }),
  component: lazyRouteComponent(() => import("./pages/messages/MessagesPage.tsx"), "MessagesPage"),
});

const imports = createRoute({
  getParentRoute: () => inside,
  path: "/imports",
  validateSearch: (s: Record<string, unknown>): ImportsSearch => ({
    tab: s.tab === "roster" ? "roster" : undefined,
    group: id(s.group),
  }),
  component: lazyRouteComponent(() => import("./pages/imports/ImportsPage.tsx"), "ImportsPage"),
});

const oneImport = createRoute({
  getParentRoute: () => inside,
  path: "/imports/$import",
  params: {
    parse: (p) => ({ import: Number(p.import) }),
    stringify: (p) => ({ import: String(p.import) }),
  },
  component: lazyRouteComponent(
    withTexts(() => import("./pages/imports/ImportPage.tsx")),
    "ImportPage",
  ),
});

const settings = createRoute({
  getParentRoute: () => inside,
  path: "/settings",
  component: lazyRouteComponent(
    withTexts(() => import("./pages/settings/SettingsPage.tsx")),
    "SettingsPage",
  ),
});

const sending = createRoute({
  getParentRoute: () => inside,
  path: "/settings/sending",
  component: lazyRouteComponent(
    withTexts(() => import("./pages/settings/SendingPage.tsx")),
    "SendingPage",
  ),
});

const account = createRoute({
  getParentRoute: () => inside,
  path: "/settings/account",
  component: lazyRouteComponent(
    withTexts(() => import("./pages/team/AccountPage.tsx")),
    "AccountPage",
  ),
});

const team = createRoute({
  getParentRoute: () => inside,
  path: "/settings/team",
  component: lazyRouteComponent(
    withTexts(() => import("./pages/team/TeamPage.tsx")),
    "TeamPage",
  ),
});

const audit = createRoute({
  getParentRoute: () => inside,
  path: "/settings/audit",
  validateSearch: (s: Record<string, unknown>): AuditSearch => ({
    staff: id(s.staff),
    act: text(s.act),
    q: s.q === undefined ? undefined : text(String(s.q)),
    from: aDay(s.from),
    to: aDay(s.to),
  }),
  component: lazyRouteComponent(
    withTexts(() => import("./pages/team/AuditPage.tsx")),
    "AuditPage",
  ),
});

const backupsPage = createRoute({
  getParentRoute: () => inside,
  path: "/settings/backups",
  component: lazyRouteComponent(
    withTexts(() => import("./pages/settings/BackupsPage.tsx")),
    "BackupsPage",
  ),
});

const privacyPage = createRoute({
  getParentRoute: () => inside,
  path: "/settings/privacy",
  component: lazyRouteComponent(
    withTexts(() => import("./pages/settings/PrivacyPage.tsx")),
    "PrivacyPage",
  ),
});

const aboutPage = createRoute({
  getParentRoute: () => inside,
  path: "/settings/about",
  component: lazyRouteComponent(
    withTexts(() => import("./pages/settings/AboutPage.tsx")),
    "AboutPage",
  ),
});

const webhooks = createRoute({
  getParentRoute: () => inside,
  path: "/webhooks",
  component: lazyRouteComponent(
    withTexts(() => import("./pages/webhooks/WebhooksPage.tsx")),
    "WebhooksPage",
  ),
});

const connections = createRoute({
  getParentRoute: () => inside,
  path: "/connections",
  component: lazyRouteComponent(
    withTexts(() => import("./pages/connections/ConnectionsPage.tsx")),
    "ConnectionsPage",
  ),
});

const connection = createRoute({
  getParentRoute: () => inside,
  path: "/connections/$connection",
  component: lazyRouteComponent(
    withTexts(() => import("./pages/connections/ConnectionPage.tsx")),
    "ConnectionPage",
  ),
});

const wecom = createRoute({
  getParentRoute: () => inside,
  path: "/connections/$connection/wecom",
  validateSearch: (s: Record<string, unknown>): { part?: WeComPart } => ({
    part: weComParts.find((p) => p === s.part),
  }),
  component: lazyRouteComponent(
    withTexts(() => import("./pages/wecom/WeComPage.tsx")),
    "WeComPage",
  ),
});

const following = createRoute({
  getParentRoute: () => inside,
  path: "/connections/$connection/following",
  validateSearch: (s: Record<string, unknown>): { part?: FollowingPart } => ({
    part: followingParts.find((p) => p === s.part),
  }),
  component: lazyRouteComponent(
    withTexts(() => import("./pages/following/FollowingPage.tsx")),
    "FollowingPage",
  ),
});

const newConnection = createRoute({
  getParentRoute: () => inside,
  path: "/connect",
  validateSearch: (s: Record<string, unknown>): { driver?: string } => ({ driver: text(s.driver) }),
  component: lazyRouteComponent(
    withTexts(() => import("./pages/connections/WizardPage.tsx")),
    "WizardPage",
  ),
});

const capabilities = createRoute({
  getParentRoute: () => inside,
  path: "/capabilities",
  validateSearch: (s: Record<string, unknown>): { connection?: string } => ({ connection: text(s.connection) }),
  component: lazyRouteComponent(
    withTexts(() => import("./pages/capabilities/CapabilitiesPage.tsx")),
    "CapabilitiesPage",
  ),
});

const insight = createRoute({
  getParentRoute: () => inside,
  path: "/insight",
  validateSearch: (s: Record<string, unknown>): Omit<HealthFilter, "cursor" | "limit"> => ({
    q: text(s.q),
    type: groupTypes.find((x) => x === s.type),
    metric: text(s.metric),
    band: bandFilters.find((x) => x === s.band),
    order: healthOrders.find((x) => x === s.order),
  }),
  component: lazyRouteComponent(
    withTexts(() => import("./pages/insight/InsightPage.tsx")),
    "InsightPage",
  ),
});

const reportsPage = createRoute({
  getParentRoute: () => inside,
  path: "/reports",
  component: lazyRouteComponent(
    withTexts(() => import("./pages/reports/ReportsPage.tsx")),
    "ReportsPage",
  ),
});

const explore = createRoute({
  getParentRoute: () => inside,
  path: "/explore",
  validateSearch: exploreSearch,
  component: lazyRouteComponent(
    withTexts(() => import("./pages/explore/ExplorePage.tsx")),
    "ExplorePage",
  ),
});

const oneReport = createRoute({
  getParentRoute: () => inside,
  path: "/reports/$report",
  params: {
    parse: (p) => ({ report: Number(p.report) }),
    stringify: (p) => ({ report: String(p.report) }),
  },
  component: lazyRouteComponent(
    withTexts(() => import("./pages/reports/ReportPage.tsx")),
    "ReportPage",
  ),
});

const tasks = createRoute({
  getParentRoute: () => inside,
  path: "/tasks",
  validateSearch: (s: Record<string, unknown>): TasksSearch => ({
    state: taskStates.find((x) => x === s.state),
    whose: whoseOf(s.whose),
    group: id(s.group),
  }),
  component: lazyRouteComponent(() => import("./pages/tasks/TasksPage.tsx"), "TasksPage"),
});

const alerts = createRoute({
  getParentRoute: () => inside,
  path: "/alerts",
  validateSearch: (s: Record<string, unknown>): { state?: AlertState; whose?: Whose } => ({
    whose: whoseOf(s.whose),
    state: alertStates.find((x) => x === s.state),
  }),
  component: lazyRouteComponent(() => import("./pages/alerts/AlertsPage.tsx"), "AlertsPage"),
});

const contingency = createRoute({
  getParentRoute: () => inside,
  path: "/contingency",
  component: lazyRouteComponent(
    withTexts(() => import("./pages/contingency/ContingencyPage.tsx")),
    "ContingencyPage",
  ),
});

const alerting = createRoute({
  getParentRoute: () => inside,
  path: "/settings/alerts",
  component: lazyRouteComponent(
    withTexts(() => import("./pages/settings/AlertingPage.tsx")),
    "AlertingPage",
  ),
});

const outbox = createRoute({
  getParentRoute: () => inside,
  path: "/outbox",
  validateSearch: (s: Record<string, unknown>): OutboxSearch => ({
    state: outboxStates.find((x) => x === s.state),
    group: id(s.group),
  }),
  component: lazyRouteComponent(() => import("./pages/outbox/OutboxPage.tsx"), "OutboxPage"),
});

interface ReviewsSearch {
  state?: ReviewState;
  kind?: ReviewKind;
  clause?: string;
  group?: number;
}

const moderation = createRoute({
  getParentRoute: () => inside,
  path: "/moderation",
  validateSearch: (s: Record<string, unknown>): ReviewsSearch => ({
    state: reviewStates.find((x) => x === s.state),
    kind: reviewKinds.find((x) => x === s.kind),
    clause: typeof s.clause === "string" && s.clause ? s.clause : undefined,
    group: Number(s.group) > 0 ? Number(s.group) : undefined,
  }),
  component: lazyRouteComponent(
    withTexts(() => import("./pages/moderation/ReviewsPage.tsx")),
    "ReviewsPage",
  ),
});

const rules = createRoute({
  getParentRoute: () => inside,
  path: "/moderation/rules",
  validateSearch: (s: Record<string, unknown>): { group?: number } => ({ group: id(s.group) }),
  component: lazyRouteComponent(
    withTexts(() => import("./pages/moderation/RulesPage.tsx")),
    "RulesPage",
  ),
});

interface MeasuresSearch {
  weeks?: number;
  group?: number;
}

const measures = createRoute({
  getParentRoute: () => inside,
  path: "/moderation/measures",
  validateSearch: (s: Record<string, unknown>): MeasuresSearch => ({
    weeks: [4, 26].find((n) => n === Number(s.weeks)),
    group: Number(s.group) > 0 ? Number(s.group) : undefined,
  }),
  component: lazyRouteComponent(
    withTexts(() => import("./pages/moderation/MeasuresPage.tsx")),
    "MeasuresPage",
  ),
});

const wordLists = createRoute({
  getParentRoute: () => inside,
  path: "/moderation/words",
  component: lazyRouteComponent(
    withTexts(() => import("./pages/moderation/WordsPage.tsx")),
    "WordsPage",
  ),
});

const memberLists = createRoute({
  getParentRoute: () => inside,
  path: "/moderation/lists",
  component: lazyRouteComponent(
    withTexts(() => import("./pages/moderation/ListsPage.tsx")),
    "ListsPage",
  ),
});

const caseLog = createRoute({
  getParentRoute: () => inside,
  path: "/moderation/cases",
  component: lazyRouteComponent(
    withTexts(() => import("./pages/moderation/CasesPage.tsx")),
    "CasesPage",
  ),
});

const judgesPage = createRoute({
  getParentRoute: () => inside,
  path: "/moderation/judges",
  component: lazyRouteComponent(
    withTexts(() => import("./pages/moderation/JudgesPage.tsx")),
    "JudgesPage",
  ),
});

const people = createRoute({
  getParentRoute: () => inside,
  path: "/people",
  validateSearch: (s: Record<string, unknown>): PeopleFilter => ({
    q: s.q === undefined ? undefined : text(String(s.q)),
    group: id(s.group),
    tag: s.tag === undefined ? undefined : text(String(s.tag)),
    only: onlySome.find((o) => o === s.only),
  }),
  component: lazyRouteComponent(
    withTexts(() => import("./pages/people/PeoplePage.tsx")),
    "PeoplePage",
  ),
});

const alikePeople = createRoute({
  getParentRoute: () => inside,
  path: "/people/alike",
  component: lazyRouteComponent(() => import("./pages/people/AlikePage.tsx"), "AlikePage"),
});

const onePerson = createRoute({
  getParentRoute: () => inside,
  path: "/people/$person",
  params: {
    parse: (p) => ({ person: Number(p.person) }),
    stringify: (p) => ({ person: String(p.person) }),
  },
  component: lazyRouteComponent(
    withTexts(() => import("./pages/people/PersonPage.tsx")),
    "PersonPage",
  ),
});

const memberRecord = createRoute({
  getParentRoute: () => inside,
  path: "/moderation/people/$person",
  params: {
    parse: (p) => ({ person: Number(p.person) }),
    stringify: (p) => ({ person: String(p.person) }),
  },
  component: lazyRouteComponent(
    withTexts(() => import("./pages/moderation/MemberPage.tsx")),
    "MemberPage",
  ),
});

export const router = createRouter({
  routeTree: root.addChildren([
    setup,
    signIn,
    join,
    inside.addChildren([
      home,
      groups,
      group,
      messages,
      insight,
      reportsPage,
      explore,
      oneReport,
      tasks,
      today,
      alerts,
      alerting,
      contingency,
      outbox,
      imports,
      oneImport,
      connections,
      connection,
      wecom,
      following,
      newConnection,
      capabilities,
      settings,
      sending,
      account,
      team,
      audit,
      backupsPage,
      privacyPage,
      aboutPage,
      moderation,
      measures,
      rules,
      wordLists,
      memberLists,
      caseLog,
      judgesPage,
      memberRecord,
      people,
      alikePeople,
      onePerson,
      webhooks,
    ]),
  ]),
  defaultPreload: "intent",
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
