import type { SavedView } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Checkbox, Form, Input, Segmented } from "antd";
import { useEffect, useRef, useState } from "react";
import { saveViews, type ViewPlace, views } from "../queries/explore.ts";
import { Sheet } from "../ui/Sheet.tsx";
import { useWords } from "../words/useWords.ts";
import style from "./SavedViews.module.css";
import { useHere } from "./useHere.ts";

type Search = Record<string, unknown>;

interface Props {
  place: ViewPlace;
  /** What the page's address asks now. */
  search: object;
  onOpen: (search: Search) => void;
}

const read = (query: string): Search => {
  const v: unknown = JSON.parse(query);
  return typeof v === "object" && v !== null ? (v as Search) : {};
};

/** The same question in one writing, whatever the order of its parts. */
const canonical = (search: object) =>
  JSON.stringify(
    Object.entries(search)
      .filter(([, v]) => v !== undefined)
      .sort(([a], [b]) => a.localeCompare(b)),
  );

/**
 * What is kept of a page under a name, one's own and the team's. A page that is opened
 * without a question opens with the default, if there is one.
 */
export function SavedViews({ place, search, onOpen }: Props) {
  const { t } = useWords();
  const { community } = useHere();
  const { data } = useQuery(views(community));
  const [managing, setManaging] = useState(false);
  const mine = data?.mine.filter((v) => v.place === place) ?? [];
  const team = data?.team.filter((v) => v.place === place) ?? [];
  const now = canonical(search);
  const opened = useRef(now !== "[]");
  const first = mine.find((v) => v.default) ?? team.find((v) => v.default);
  useEffect(() => {
    if (!data || opened.current) return;
    opened.current = true;
    if (first) onOpen(read(first.query));
  }, [data, first, onOpen]);
  return (
    <section className={style.saved} aria-label={t(`views.title_${place}`)}>
      {[...mine.map((v) => ({ v, whose: "mine" as const })), ...team.map((v) => ({ v, whose: "team" as const }))].map(
        ({ v, whose }) => {
          const here = canonical(read(v.query)) === now;
          return (
            <button
              key={`${whose} ${v.name}`}
              type="button"
              className={here ? `plain ${style.chip} ${style.here}` : `plain ${style.chip}`}
              aria-pressed={here}
              title={t(`views.${whose}`)}
              onClick={() => onOpen(read(v.query))}
            >
              {v.name}
              {whose === "team" ? <span className={style.faint}> · {t("views.teamShort")}</span> : null}
            </button>
          );
        },
      )}
      <Button size="small" onClick={() => setManaging(true)}>
        {t(place === "explore" ? "explore.save" : "views.save")}
      </Button>
      {managing && data ? <Manage place={place} search={search} onClose={() => setManaging(false)} /> : null}
    </section>
  );
}

interface Wish {
  name: string;
  whose: "mine" | "team";
  default?: boolean;
}

/** Keeps what is asked now, and changes or removes what is kept. */
function Manage({ place, search, onClose }: { place: ViewPlace; search: object; onClose: () => void }) {
  const { t } = useWords();
  const { community, may } = useHere();
  const queryClient = useQueryClient();
  const { message } = App.useApp();
  const { data } = useQuery(views(community));
  const save = useMutation({
    mutationFn: ({ team, list }: { team: boolean; list: SavedView[] }) =>
      saveViews(community, team, list, (team ? data?.team_version : data?.mine_version) ?? 0),
    onSuccess: (saved) => queryClient.setQueryData(views(community).queryKey, saved),
    onError: (e) => {
      void message.error(asProblem(e).message);
      void queryClient.invalidateQueries({ queryKey: views(community).queryKey });
    },
  });
  const all = (team: boolean) => (team ? data?.team : data?.mine) ?? [];
  const put = (team: boolean, view: SavedView) =>
    save.mutateAsync({
      team,
      list: [
        ...all(team)
          .filter((v) => v.place !== place || v.name !== view.name)
          .map((v) => (v.place === place && view.default ? { ...v, default: false } : v)),
        view,
      ],
    });
  const [renaming, setRenaming] = useState<SavedView>();
  const rename = (team: boolean, view: SavedView, typed: string) => {
    setRenaming(undefined);
    const name = typed.trim();
    if (!name || name === view.name) return;
    if (all(team).some((v) => v.place === place && v.name === name)) void message.error(t("views.taken", { name }));
    else save.mutate({ team, list: all(team).map((v) => (v === view ? { ...v, name } : v)) });
  };
  const title = t(`views.title_${place}`);
  return (
    <Sheet title={title} width={420} onClose={onClose}>
      <Form<Wish>
        layout="vertical"
        initialValues={{ name: "", whose: "mine", default: false }}
        onFinish={async (v) => {
          const name = v.name.trim();
          const kept: SavedView = {
            place,
            name,
            query: JSON.stringify(search),
            ...(v.default ? { default: true } : {}),
          };
          await put(v.whose === "team", kept).then(onClose, () => undefined);
        }}
      >
        <Form.Item
          name="name"
          label={t("views.name")}
          rules={[{ required: true, whitespace: true, max: 60, message: t("views.nameNeeded") }]}
        >
          <Input maxLength={60} />
        </Form.Item>
        <Form.Item name="whose" label={t("views.whose")}>
          <Segmented
            options={[
              { value: "mine", label: t("views.mine") },
              { value: "team", label: t("views.team"), disabled: !may("act") },
            ]}
          />
        </Form.Item>
        <Form.Item name="default" valuePropName="checked">
          <Checkbox>{t("views.default")}</Checkbox>
        </Form.Item>
        <Button type="primary" htmlType="submit" loading={save.isPending}>
          {t("action.save")}
        </Button>
      </Form>
      <ul className={style.list}>
        {[false, true].flatMap((team) =>
          all(team)
            .filter((v) => v.place === place)
            .map((v) => (
              <li key={`${team} ${v.name}`}>
                {renaming === v ? (
                  <Input
                    className={style.grow}
                    autoFocus
                    size="small"
                    maxLength={60}
                    defaultValue={v.name}
                    aria-label={t("views.renameNamed", { name: v.name })}
                    onPressEnter={(e) => !e.nativeEvent.isComposing && e.currentTarget.blur()}
                    onBlur={(e) => rename(team, v, e.target.value)}
                  />
                ) : (
                  <span className={style.grow}>
                    {v.name}
                    <span className={style.faint}>
                      {" · "}
                      {t(team ? "views.team" : "views.mine")}
                      {v.default ? ` · ${t("views.isDefault")}` : ""}
                    </span>
                  </span>
                )}
                {!team || may("act") ? (
                  <>
                    <Button
                      size="small"
                      type="text"
                      disabled={save.isPending}
                      aria-label={t("views.renameNamed", { name: v.name })}
                      onClick={() => setRenaming(v)}
                    >
                      {t("views.rename")}
                    </Button>
                    <Button
                      size="small"
                      disabled={save.isPending}
                      onClick={() => void put(team, { ...v, default: !v.default }).catch(() => undefined)}
                      aria-label={t(v.default ? "views.undefaultNamed" : "views.defaultNamed", { name: v.name })}
                    >
                      {t(v.default ? "views.undefault" : "views.makeDefault")}
                    </Button>
                    <Button
                      size="small"
                      type="text"
                      danger
                      disabled={save.isPending}
                      aria-label={t("views.removeNamed", { name: v.name })}
                      onClick={() =>
                        save.mutate({ team, list: all(team).filter((x) => x.place !== place || x.name !== v.name) })
                      }
                    >
                      {t("action.remove")}
                    </Button>
                  </>
                ) : null}
              </li>
            )),
        )}
      </ul>
    </Sheet>
  );
}
