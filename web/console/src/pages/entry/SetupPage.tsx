import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Navigate, useNavigate, useSearch } from "@tanstack/react-router";
import { Button, Form, Input } from "antd";
import { useTranslation } from "react-i18next";
import { session, setUp } from "../../queries.ts";
import { Failed } from "../../ui/states.tsx";
import style from "./Entry.module.css";
import { Entry } from "./Entry.tsx";

const shortest = 10; // characters of a password

/** The first run: whoever holds the one-time link becomes the owner. */
export function SetupPage() {
  const { t } = useTranslation();
  const { token } = useSearch({ from: "/setup" });
  const { data } = useQuery(session);
  const client = useQueryClient();
  const navigate = useNavigate();
  const make = useMutation({
    mutationFn: (values: { name: string; password: string }) => setUp({ ...values, token: token ?? "" }),
    onSuccess: (answer) => {
      client.setQueryData(session.queryKey, answer);
      void navigate({ to: "/groups", search: {} });
    },
  });
  if (data && !data.setup_needed && !make.isSuccess) return <Navigate to="/sign-in" search={{}} />;
  if (!token) {
    return (
      <Entry title={t("setup.title")} teach={t("setup.linkTeach")}>
        <Failed trouble={{ code: "", message: t("setup.noToken"), hint: t("setup.noTokenHint") }} />
      </Entry>
    );
  }
  return (
    <Entry title={t("setup.title")} teach={t("setup.teach")}>
      <Form layout="vertical" requiredMark={false} onFinish={(values) => make.mutate(values)} disabled={make.isPending}>
        {make.error ? (
          <div className={style.failed}>
            <Failed trouble={asProblem(make.error)} />
          </div>
        ) : null}
        <Form.Item name="name" label={t("field.name")} rules={[{ required: true, message: t("field.nameNeeded") }]}>
          <Input autoComplete="username" autoFocus size="large" maxLength={64} />
        </Form.Item>
        <Form.Item
          name="password"
          label={t("field.password")}
          extra={t("field.passwordExtra", { n: shortest })}
          rules={[{ required: true, min: shortest, message: t("field.passwordShort", { n: shortest }) }]}
        >
          <Input.Password autoComplete="new-password" size="large" />
        </Form.Item>
        <Button type="primary" htmlType="submit" size="large" block loading={make.isPending}>
          {t("setup.start")}
        </Button>
      </Form>
    </Entry>
  );
}
