import type { ReportPlan } from "@qunying/api/model";
import { Button, Form, Input, Select, Switch } from "antd";
import { reportKinds } from "../../queries/reports.ts";
import { Sheet } from "../../ui/Sheet.tsx";
import { useWords } from "../../words/useWords.ts";
import { QuestionChoice } from "./QuestionChoice.tsx";

interface Props {
  plan: ReportPlan;
  busy: boolean;
  onClose: () => void;
  onSave: (plan: ReportPlan) => void;
}

const hours = Array.from({ length: 24 }, (_, i) => ({ value: i, label: `${String(i).padStart(2, "0")}:00` }));

/** A report that is made again and again: by a click, or by itself and sent by e-mail. */
export function PlanForm({ plan, busy, onClose, onSave }: Props) {
  const { t } = useWords();
  const [form] = Form.useForm<ReportPlan>();
  const on = Form.useWatch("on", form) ?? plan.on;
  return (
    <Sheet title={t("reports.planTitle")} width={420} onClose={onClose}>
      <Form<ReportPlan>
        form={form}
        layout="vertical"
        initialValues={plan}
        onFinish={(v) => onSave({ ...plan, ...v, name: v.name.trim() })}
      >
        <Form.Item
          name="name"
          label={t("reports.name")}
          rules={[{ required: true, whitespace: true, max: 60, message: t("reports.nameNeeded") }]}
        >
          <Input maxLength={60} />
        </Form.Item>
        <Form.Item name="kind" label={t("reports.kind")}>
          <Select options={reportKinds.map((k) => ({ value: k, label: t(`reports.${k}`) }))} />
        </Form.Item>
        <Form.Item name="questions" label={t("reports.questions")} extra={t("reports.questionsNote")}>
          <QuestionChoice />
        </Form.Item>
        <Form.Item name="on" label={t("reports.byItself")} valuePropName="checked" extra={t("reports.byItselfNote")}>
          <Switch />
        </Form.Item>
        {on ? (
          <>
            <Form.Item name="hour" label={t("reports.hour")}>
              <Select options={hours} />
            </Form.Item>
            <Form.Item name="to" label={t("reports.addresses")} extra={t("reports.addressesNote")}>
              <Select mode="tags" open={false} suffixIcon={null} tokenSeparators={[",", " ", "，", "；", ";"]} />
            </Form.Item>
            <Form.Item name="language" label={t("reports.language")}>
              <Select
                options={[
                  { value: "zh-CN", label: t("language.zh") },
                  { value: "en", label: t("language.en") },
                ]}
              />
            </Form.Item>
          </>
        ) : null}
        <Button type="primary" htmlType="submit" loading={busy}>
          {t("action.save")}
        </Button>
      </Form>
    </Sheet>
  );
}
