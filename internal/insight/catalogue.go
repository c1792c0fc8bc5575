package insight

import "slices"

// Words is a text in the product's two languages.
type Words struct{ Zh, En string }

// Band says how a value is to be read (警戒 / 关注 / 达标 / 优秀).
type Band string

const (
	BandAlert     Band = "alert"
	BandWatch     Band = "watch"
	BandGood      Band = "good"
	BandExcellent Band = "excellent"
)

// Ref is a reference value of the field (参考值): from Above on, up to but not
// with Below. It is somebody's figure, never our promise.
type Ref struct {
	Band   Band
	Below  *float64
	Above  *float64
	Source string // S73
}

// Metric is an entry of the catalogue.
type Metric struct {
	ID      string
	Zh, En  string
	Formula Words
	Unit    string   // count, share, persons, messages, days, minutes
	Grain   []string // day, week, month: steps of a trend; period: one value
	Needs   []Level
	Source  []string // capability numbers, S75
	Refs    []Ref
}

// Catalogue lists the metrics, in the order in which people read them.
func Catalogue() []Metric { return slices.Clone(catalogue) }

// MetricByID finds an entry.
func MetricByID(id string) (m Metric, ok bool) {
	i := slices.IndexFunc(catalogue, func(m Metric) bool { return m.ID == id })
	if i < 0 {
		return Metric{}, false
	}
	return catalogue[i], true
}

// Band reads a value by the metric's references; ok is false where they do not reach.
func (m Metric) Band(v float64) (b Band, ok bool) {
	for _, r := range m.Refs {
		if (r.Above == nil || v >= *r.Above) && (r.Below == nil || v < *r.Below) {
			return r.Band, true
		}
	}
	return "", false
}

// band makes a reference from its two ends, as in band(BandAlert, nil, at(0.15), "S73").
func band(b Band, above, below *float64, source string) Ref {
	return Ref{Band: b, Above: above, Below: below, Source: source}
}

func at(v float64) *float64 { return &v }

var (
	overTime     = []string{"day", "week", "month", "period"}
	ofPeriod     = []string{"period"}
	needMessages = []Level{LevelMessages}
	needMembers  = []Level{LevelMessages, LevelRoster}
	needJoins    = []Level{LevelJoins}
)

// catalogue holds the entries. The comment of each names the oracle in the
// tests that checks it: a second way of computing it from the raw events, in
// maps and clock times, in oracle_test.go; or a table of values by hand.
var catalogue = []Metric{
	{ // oracle: messages
		ID: "messages", Zh: "消息量", En: "Messages", Unit: "messages", Grain: overTime, Needs: needMessages, Source: []string{"S75"},
		Formula: Words{"所选时段内群成员发送的消息条数, 不含我方账号", "messages that members sent in the period, without those of our own accounts"},
	},
	{ // oracle: messagesMean
		ID: "messages_mean", Zh: "日均消息量", En: "Messages a day", Unit: "messages", Grain: ofPeriod, Needs: needMessages, Source: []string{"S75"},
		Formula: Words{"有数据的完整日的消息条数 ÷ 这些日数", "messages on covered days ÷ number of those days"},
	},
	{ // oracle: perMember
		ID: "messages_per_member", Zh: "人均日发言", En: "Messages a day per member", Unit: "count", Grain: ofPeriod, Needs: needMembers, Source: []string{"S72"},
		Formula: Words{"每日 消息条数 ÷ 当日结束时成员数, 对有数据的完整日取平均", "messages of a day ÷ members at its end, mean over the covered days"},
		Refs:    []Ref{band(BandWatch, nil, at(0.8), "S72"), band(BandGood, at(0.8), nil, "S72")},
	},
	{ // by hand: TestMonthFigures
		ID: "message_decay", Zh: "消息衰减", En: "Message decay", Unit: "share", Grain: ofPeriod, Needs: needMessages, Source: []string{"S73"},
		Formula: Words{"1 − 截至期末30天的日均消息量 ÷ 再往前30天的日均消息量; 负数为增长", "1 − messages a day in the 30 days to the end of the period ÷ in the 30 days before them; negative is growth"},
		Refs: []Ref{
			band(BandExcellent, nil, at(0.05), "S73"), band(BandGood, at(0.05), at(0.15), "S73"),
			band(BandWatch, at(0.15), at(0.30), "S73"), band(BandAlert, at(0.30), nil, "S73"),
		},
	},
	{ // oracle: speakers
		ID: "speakers", Zh: "发言人数", En: "Speakers", Unit: "persons", Grain: overTime, Needs: needMessages, Source: []string{"S75", "S84"},
		Formula: Words{"所选时段内至少发言一次的人数, 同一人的多个身份算一人", "persons with at least one message in the period; several identities of one person count once"},
	},
	{ // oracle: speakers of the last day
		ID: "dau", Zh: "日发言人数", En: "Daily speakers", Unit: "persons", Grain: ofPeriod, Needs: needMessages, Source: []string{"S71", "S73"},
		Formula: Words{"期末最后一个完整日的发言人数", "persons who spoke on the last whole day of the period"},
	},
	{ // oracle: speakers of the last 7 days
		ID: "wau", Zh: "周发言人数", En: "Weekly speakers", Unit: "persons", Grain: ofPeriod, Needs: needMessages, Source: []string{"S71", "S75"},
		Formula: Words{"截至期末最后一个完整日的7天内发言的人数", "persons who spoke in the 7 days to the last whole day of the period"},
	},
	{ // oracle: speakers of the last 30 days
		ID: "mau", Zh: "月发言人数", En: "Monthly speakers", Unit: "persons", Grain: ofPeriod, Needs: needMessages, Source: []string{"S71"},
		Formula: Words{"截至期末最后一个完整日的30天内发言的人数", "persons who spoke in the 30 days to the last whole day of the period"},
	},
	{ // oracle: dauMean
		ID: "dau_mean", Zh: "日均发言人数", En: "Speakers a day", Unit: "persons", Grain: ofPeriod, Needs: needMessages, Source: []string{"S71", "S75"},
		Formula: Words{"每日发言人数, 对有数据的完整日取平均", "persons who spoke on a day, mean over the covered days"},
	},
	{ // oracle: perMember
		ID: "activity_rate", Zh: "日活率", En: "Daily activity rate", Unit: "share", Grain: overTime, Needs: needMembers, Source: []string{"S71", "S73"},
		Formula: Words{"每日 发言人数 ÷ 当日结束时成员数, 对有数据的完整日取平均", "persons who spoke on a day ÷ members at its end, mean over the covered days"},
		Refs: []Ref{
			band(BandAlert, nil, at(0.15), "S73"), band(BandWatch, at(0.15), at(0.25), "S73"),
			band(BandGood, at(0.25), at(0.40), "S73"), band(BandExcellent, at(0.40), nil, "S73"),
		},
	},
	{ // by hand: TestLowActivityDays
		ID: "low_activity_days", Zh: "连续低日活天数", En: "Days of low activity in a row", Unit: "days", Grain: ofPeriod, Needs: needMembers, Source: []string{"S74"},
		Formula: Words{"从期末往回数, 日活率连续低于15%的天数, 跳过缺失日", "days with a daily activity rate below 15%, in a row back from the end of the period, gap days passed over"},
		Refs:    []Ref{band(BandGood, nil, at(1), "S74"), band(BandWatch, at(1), at(3), "S74"), band(BandAlert, at(3), nil, "S74")},
	},
	{ // oracle: speakingShare
		ID: "speaking_share", Zh: "发言人数占比", En: "Share of members who spoke", Unit: "share", Grain: ofPeriod, Needs: needMessages, Source: []string{"S75"},
		Formula: Words{"时段内发言人数 ÷ 期末成员数; 没有花名册时 ÷ 截至期末发过言的总人数. 发言后退群的人多时可超过100%", "persons who spoke in the period ÷ members at its end; without a member list ÷ persons who ever spoke until then. It can exceed 100% when many left after speaking"},
	},
	{ // by hand: TestMonthFigures
		ID: "silent_share", Zh: "潜水占比", En: "Share of silent members", Unit: "share", Grain: ofPeriod, Needs: needMembers, Source: []string{"S47", "S49", "S50"},
		Formula: Words{"期末成员中, 此前30天没有发言的人数 ÷ 期末成员数", "members at the end of the period without a message in the 30 days to it ÷ members at its end"},
	},
	{ // oracle: tier
		ID: "silent_members", Zh: "潜水人数", En: "Silent members", Unit: "persons", Grain: ofPeriod, Needs: needMessages, Source: []string{"S49"},
		Formula: Words{"期末成员中, 此前30天没有发言的人数; 没有花名册时, 以截至期末发过言的人为成员", "members at the end of the period without a message in the 30 days to it; without a member list, of the persons who ever spoke until then"},
	},
	{ // oracle: tier
		ID: "lost_members", Zh: "流失人数", En: "Lost members", Unit: "persons", Grain: ofPeriod, Needs: needMessages, Source: []string{"S49"},
		Formula: Words{"期末成员中, 此前90天没有发言的人数; 没有花名册时, 以截至期末发过言的人为成员", "members at the end of the period without a message in the 90 days to it; without a member list, of the persons who ever spoke until then"},
	},
	{ // oracle: tier
		ID: "few_share", Zh: "低频成员占比", En: "Share of members who say little", Unit: "share", Grain: ofPeriod, Needs: needMessages, Source: []string{"S76"},
		Formula: Words{"期末成员中, 此前两周发言不到3条的人数 ÷ 期末成员数; 没有花名册时, 以截至期末发过言的人为成员", "members at the end of the period with fewer than 3 messages in the two weeks to it ÷ members at its end; without a member list, of the persons who ever spoke until then"},
	},
	{ // oracle: tier
		ID: "kol_members", Zh: "KOL人数", En: "KOLs", Unit: "persons", Grain: ofPeriod, Needs: needMessages, Source: []string{"S49"},
		Formula: Words{"期末成员中, 此前30天发言超过20条的人数", "members at the end of the period with more than 20 messages in the 30 days to it"},
	},
	{ // oracle: tier
		ID: "kol_share", Zh: "KOL占比", En: "Share of KOLs", Unit: "share", Grain: ofPeriod, Needs: needMessages, Source: []string{"S49", "S50"},
		Formula: Words{"KOL人数 ÷ 期末成员数; 没有花名册时, 以截至期末发过言的人为成员", "KOLs ÷ members at the end of the period; without a member list, of the persons who ever spoke until then"},
	},
	{ // oracle: comeBack
		ID: "next_day_retention", Zh: "次日留存 (发言)", En: "Next-day retention (speaking)", Unit: "share", Grain: ofPeriod, Needs: needMessages, Source: []string{"S78", "S83"},
		Formula: Words{"首次发言的次日又发言的人数 ÷ 首次发言人数, 取次日在时段内且有数据的各批", "persons who spoke again on the day after the one on which they first spoke ÷ persons who first spoke, over the cohorts whose next day is a covered one of the period"},
	},
	{ // oracle: nextWeek
		ID: "next_week_retention", Zh: "次周留存 (发言)", En: "Next-week retention (speaking)", Unit: "share", Grain: ofPeriod, Needs: needMessages, Source: []string{"S71", "S78"},
		Formula: Words{"首次发言的下一周(周一至周日)又发言的人数 ÷ 首次发言人数, 取下一周在时段内结束的各批", "persons who spoke again in the week (Monday to Sunday) after the one in which they first spoke ÷ persons who first spoke, over the cohorts whose next week ended in the period"},
	},
	{ // oracle: comeBack
		ID: "next_month_retention", Zh: "次月留存 (发言)", En: "Next-month retention (speaking)", Unit: "share", Grain: ofPeriod, Needs: needMessages, Source: []string{"S83"},
		Formula: Words{"首次发言的下一个自然月又发言的人数 ÷ 首次发言人数, 取下一个月在时段内结束的各批", "persons who spoke again in the calendar month after the one in which they first spoke ÷ persons who first spoke, over the cohorts whose next month ended in the period"},
	},
	{ // oracle: membershipCells
		ID: "membership_retention", Zh: "次周留存 (在群)", En: "Next-week retention (membership)", Unit: "share", Grain: ofPeriod, Needs: needJoins, Source: []string{"S71", "S83"},
		Formula: Words{"首次入群的下一周结束时仍在群的人数 ÷ 首次入群人数, 取下一周在时段内结束的各批", "persons still in the group at the end of the week after the one in which they first joined ÷ persons who first joined, over the cohorts whose next week ended in the period"},
	},
	{ // oracle: members
		ID: "members", Zh: "成员数", En: "Members", Unit: "persons", Grain: overTime, Needs: []Level{LevelRoster}, Source: []string{"S71", "S73"},
		Formula: Words{"期末的成员人数: 以花名册为准, 加上之后的入群, 减去之后的退群", "persons in the group at the end of the period: the last member list, plus joins and minus leaves since"},
	},
	{ // oracle: changes
		ID: "joins", Zh: "入群", En: "Joins", Unit: "count", Grain: overTime, Needs: needJoins, Source: []string{"S72", "S78"},
		Formula: Words{"每日入群的身份数之和; 两份花名册之间推断出的入群计在后一份的日期", "identities that joined, added up by day; joins inferred between two member lists count on the day of the later one"},
	},
	{ // oracle: changes
		ID: "leaves", Zh: "退群", En: "Leaves", Unit: "count", Grain: overTime, Needs: needJoins, Source: []string{"S72", "S78"},
		Formula: Words{"每日退群的身份数之和; 两份花名册之间推断出的退群计在后一份的日期", "identities that left, added up by day; leaves inferred between two member lists count on the day of the later one"},
	},
	{ // by hand: TestMonthFigures
		ID: "leave_rate", Zh: "月退群率", En: "Monthly leave rate", Unit: "share", Grain: ofPeriod, Needs: []Level{LevelRoster, LevelJoins}, Source: []string{"S72"},
		Formula: Words{"截至期末30天的退群数 ÷ 这30天之前的成员数", "leaves in the 30 days to the end of the period ÷ members before those days"},
		Refs:    []Ref{band(BandGood, nil, at(0.05), "S72"), band(BandWatch, at(0.05), nil, "S72")},
	},
	{ // oracle: leftWithin
		ID: "weekly_leave_rate", Zh: "周退群率", En: "Weekly leave rate", Unit: "share", Grain: ofPeriod, Needs: []Level{LevelRoster, LevelJoins}, Source: []string{"S59"},
		Formula: Words{"截至期末7天的退群数 ÷ 这7天之前的成员数", "leaves in the 7 days to the end of the period ÷ members before those days"},
		Refs:    []Ref{band(BandGood, nil, at(0.15), "S59"), band(BandWatch, at(0.15), nil, "S59")},
	},
	{ // oracle: stay
		ID: "stay", Zh: "平均留存时长", En: "Average stay", Unit: "days", Grain: ofPeriod, Needs: []Level{LevelRoster, LevelJoins}, Source: []string{"S50"},
		Formula: Words{"截至期末90天每日成员数之和 ÷ 这90天的退群数: 照此速度, 一个成员平均待多久. 花名册不到90天的从第一份算起, 至少30天; 没人退群时按退了1人算, 即至少这么久", "members of each of the 90 days to the end of the period, added up ÷ leaves in those days: how long a member stays at that pace. It begins with the first member list where that is later, at least 30 days before the end; where nobody left, one is taken to have, so it is at least so long"},
	},
	{ // oracle: mentions
		ID: "mentions", Zh: "@次数", En: "Mentions", Unit: "count", Grain: ofPeriod, Needs: needMessages, Source: []string{"S75"},
		Formula: Words{"时段内群成员消息中@到的人次", "members mentioned in members' messages of the period"},
	},
	{ // oracle: talk
		ID: "replies", Zh: "回应次数", En: "Answers", Unit: "count", Grain: ofPeriod, Needs: needMessages, Source: []string{"S39", "S75"},
		Formula: Words{"对时段内群成员消息的回应次数: 24小时内引用该消息; 或@到1小时内发过言的人, 或以其名字开头(点名), 算作回应其最近一条. 一条消息对同一人只算一次, 回应自己不算; 能识别的回应不到消息2%的群为不可得", "answers to members' messages of the period: a quotation within 24 hours; or a mention of somebody who spoke within the hour, or a beginning with their name, which answers what they said last. A message answers a person once and never its own author; not knowable in groups where fewer than 2 in 100 messages are recognisable answers"},
	},
	{ // oracle: talk
		ID: "answered_share", Zh: "消息被回应率", En: "Share of messages answered", Unit: "share", Grain: ofPeriod, Needs: needMessages, Source: []string{"S39"},
		Formula: Words{"得到至少一次回应的消息条数 ÷ 消息量", "messages with at least one answer ÷ messages"},
	},
	{ // oracle: talk
		ID: "first_reply_minutes", Zh: "首次回应时间 (中位数)", En: "Median time to first answer", Unit: "minutes", Grain: ofPeriod, Needs: needMessages, Source: []string{"S2", "S75"},
		Formula: Words{"得到回应的消息, 从发出到首次回应的分钟数的中位数", "minutes from a message to the first answer to it, median over the messages that were answered"},
	},
	{ // oracle: talk
		ID: "questions", Zh: "提问数", En: "Questions", Unit: "messages", Grain: ofPeriod, Needs: needMessages, Source: []string{"S2", "S39"},
		Formula: Words{"时段内群成员的文字消息中被识别为提问的条数: 句末有问号, 或短句中有“吗/请问/怎么办/anyone know”等问法; 单个词的反应不算", "members' text messages of the period that ask something: a question mark at the end of a clause, or, in short ones, words such as 吗, 请问, 怎么办, anyone know; reactions of one word do not count"},
	},
	{ // oracle: talk
		ID: "unanswered_questions", Zh: "无人回应的提问", En: "Questions left unanswered", Unit: "messages", Grain: ofPeriod, Needs: needMessages, Source: []string{"S2"},
		Formula: Words{"时段内的提问中, 24小时内没有得到任何回应(见回应次数)的条数; 最近一天的仍可能得到回应. 能识别的回应不到消息10%的群为不可得, 因为多数人不引用就回答, 请看冷场的提问", "questions of the period without an answer (see replies) within 24 hours; those of the last day may still get one. Not knowable where fewer than 10 in 100 messages are recognisable answers, because most people answer without quoting: see flat_questions"},
	},
	{ // oracle: talk
		ID: "unanswered_share", Zh: "提问无回应率", En: "Share of questions unanswered", Unit: "share", Grain: ofPeriod, Needs: needMessages, Source: []string{"S2"},
		Formula: Words{"无人回应的提问 ÷ 提问数", "questions left unanswered ÷ questions"},
	},
	{ // oracle: talk
		ID: "flat_questions", Zh: "冷场的提问", En: "Questions met with silence", Unit: "messages", Grain: ofPeriod, Needs: needMessages, Source: []string{"S2"},
		Formula: Words{"时段内的提问中, 其后30分钟内没有其他人发言的条数; 不需要能识别回应", "questions of the period after which nobody else wrote anything for 30 minutes; known where answers cannot be told as well"},
	},
	{ // oracle: talk
		ID: "links", Zh: "分享链接数", En: "Links shared", Unit: "messages", Grain: ofPeriod, Needs: needMessages, Source: []string{"S39", "S75"},
		Formula: Words{"时段内含网址的群成员消息条数", "members' messages of the period with a web address"},
	},
	{ // oracle: talk
		ID: "isolated_share", Zh: "无互动发言者占比", En: "Share of speakers without exchange", Unit: "share", Grain: ofPeriod, Needs: needMessages, Source: []string{"S80"},
		Formula: Words{"时段内发过言、但既没回应过别人也没被别人回应过的人数 ÷ 发言人数", "persons who spoke in the period and neither answered anybody nor were answered ÷ persons who spoke"},
	},
	{ // oracle: topShare
		ID: "top1_share", Zh: "头号发言者占比", En: "Share of the most active", Unit: "share", Grain: ofPeriod, Needs: needMessages, Source: []string{"S80"},
		Formula: Words{"发言最多的1人的消息条数 ÷ 消息量", "messages of the one who wrote most ÷ messages"},
	},
	{ // oracle: topShare
		ID: "top5_share", Zh: "前五发言者占比", En: "Share of the five most active", Unit: "share", Grain: ofPeriod, Needs: needMessages, Source: []string{"S80"},
		Formula: Words{"发言最多的5人的消息条数 ÷ 消息量", "messages of the five who wrote most ÷ messages"},
	},
	{ // oracle: gini
		ID: "gini", Zh: "发言集中度 (基尼系数)", En: "Concentration (Gini)", Unit: "share", Grain: ofPeriod, Needs: needMessages, Source: []string{"S80"},
		Formula: Words{"发言者之间消息条数的基尼系数: 0为人人一样多, 接近1为几乎全由一人发送", "Gini coefficient of messages over the persons who spoke: 0 where all wrote the same, near 1 where one wrote nearly all"},
	},
	{ // by hand: TestMonthFigures
		ID: "kol_output", Zh: "KOL产出比", En: "KOL output", Unit: "share", Grain: ofPeriod, Needs: needMessages, Source: []string{"S49", "S73"},
		Formula: Words{"截至期末30天内发言超过20条的人的消息条数 ÷ 这30天的消息量", "messages by persons with more than 20 of them in the 30 days to the end of the period ÷ messages in those days"},
		Refs: []Ref{
			band(BandAlert, nil, at(0.05), "S73"), band(BandWatch, at(0.05), at(0.10), "S73"),
			band(BandGood, at(0.10), at(0.20), "S73"), band(BandExcellent, at(0.20), nil, "S73"),
		},
	},
	{ // a list, not a number: package words
		ID: "hot_words", Zh: "高频词", En: "Hot words", Unit: "count", Grain: ofPeriod, Needs: needMessages, Source: []string{"S75"},
		Formula: Words{"时段内群成员消息里出现次数最多的词, 前10个", "the words that occur most often in members' messages of the period, the first ten"},
	},
	{ // oracle: rhythm
		ID: "rhythm", Zh: "活跃时段", En: "Rhythm of the week", Unit: "messages", Grain: ofPeriod, Needs: needMessages, Source: []string{"S75", "S84"},
		Formula: Words{"按星期几与小时, 有数据的完整日的每小时平均消息量", "mean messages an hour by weekday and hour, over the covered days"},
	},
}
