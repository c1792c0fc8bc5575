package detect

import (
	"testing"

	"qunying/internal/moderation/normal"
)

// Disguises that must be seen through, with what is found; and harmless texts
// that look like it, with nothing.
var (
	disguisedLinks = map[string]string{
		"www.abc123.com": "www.abc123.com",
		"ｗｗｗ．ａｂｃ１２３．ｃｏｍ":            "www.abc123.com",
		"www。abc123。com":            "www.abc123.com",
		"www点abc123点com":            "www.abc123.com",
		"abc123 点 com":              "abc123.com",
		"abc123 . com":              "abc123.com",
		"abc123. com":               "abc123.com",
		"abc123(.)com":              "abc123.com",
		"abc123[点]com":              "abc123.com",
		"abc123（dot）com":            "abc123.com",
		"abc123，com":                "abc123.com",
		"abc123丶com":                "abc123.com",
		"abc123·com":                "abc123.com",
		"𝐚𝐛𝐜𝟏𝟐𝟑.𝐜𝐨𝐦":                "abc123.com",
		"ⓐⓑⓒ.ⓒⓞⓜ":                   "abc.com",
		"a\u200bbc123.c\u200bom":    "abc123.com",
		"аbс123.соm":                "abc123.com",
		"abc123.c0m看":               "abc123.com",
		"hxxps://abc123.com/x":      "abc123.com",
		"https:／／abc123．com":        "abc123.com",
		"https ://abc123.com":       "abc123.com",
		"xn--fiq228c.com":           "xn--fiq228c.com",
		"中奖网.xn--fiqs8s":            "中奖网.xn--fiqs8s",
		"点我 http://120.26.1.8:80/a": "120.26.1.8",
		"abc123.cοm":                "abc123.com",
		"浏览器打开abc123.vip":           "abc123.vip",
		"t,cn/A6abc":                "t.cn",
		"abc888【点】com":              "abc888.com",
		"abc888😀.😀com":              "abc888.com",
		"abc888.c o m":              "abc888.com",
		"abc888.\ncom":              "abc888.com",
		"abc888 。 com":              "abc888.com",
		"abc888..com":               "abc888.com",
		"t . me/abcgroup":           "t.me",
		"is.gd/abc":                 "is.gd",
	}
	harmlessLinks = []string{
		"3.5元一斤", "12.30开会", "2026.11.22", "版本1.2.3", "main.go里有错", "看README.md", "a@b.com", "好。com是什么", "node.js e.g. i.e. etc.",
		"他说no。不行", "今天10点com开会", "温度36.5", "第3.2节", "买1.5L水", "得分98.5", "v2.0.1发布了", "用import os.path", "obj.method().name",
		"foo.bar.baz", "Data.Map.Strict", "1,200元", "a,b,c", "ok。go吧", "3点to 5点", "std.io", "x.is None", "他说。 com口坏了", "第1..2节", "a..b", "self.in_use", "Mr.Wang", "你好，com口坏了",
	}
	disguisedContacts = map[string]string{
		"13800138000":           "phone 13800138000",
		"138 0013 8000":         "phone 13800138000",
		"138-0013-8000":         "phone 13800138000",
		"138.0013.8000":         "phone 13800138000",
		"1 3 8 0 0 1 3 8 0 0 0": "phone 13800138000",
		"１３８００１３８０００":           "phone 13800138000",
		"①③⑧⓪⓪①③⑧⓪⓪⓪":           "phone 13800138000",
		"一三八零零一三八零零零":           "phone 13800138000",
		"壹叁捌零零壹叁捌零零零":           "phone 13800138000",
		"幺三八零零幺三八零零零":           "phone 13800138000",
		"1️⃣3️⃣8️⃣0️⃣0️⃣1️⃣3️⃣8️⃣0️⃣0️⃣0️⃣": "phone 13800138000",
		"1③8零0一38〇⓪⓿":                  "phone 13800138000",
		"+86 13800138000":              "phone 13800138000",
		"008613800138000":              "phone 13800138000",
		"(138)0013-8000":               "phone 13800138000",
		"138😀0013😀8000":                "phone 13800138000",
		"138OO138OOO":                  "phone 13800138000",
		"l38oo138ooo":                  "phone 13800138000",
		"9⓿二肆⁹₈③⑸⒋➃㈤㊄":                 "number 902498354455",
		"加V信：abc_12345":                "wechat abc_12345",
		"薇❤信 abc12345":                 "wechat abc12345",
		"vx:xiaoming888":               "wechat xiaoming888",
		"V X ：xiaoming888":             "wechat xiaoming888",
		"威 信 xiaoming888":              "wechat xiaoming888",
		"w e i x i n : xiaoming888":    "wechat xiaoming888",
		"wei信xiaoming888":              "wechat xiaoming888",
		"微 xiaoming888":                "wechat xiaoming888",
		"wx同号abc12345":                 "wechat abc12345",
		"➕薇：xiaoming888":               "wechat xiaoming888",
		"加我xiaoming888":                "wechat xiaoming888",
		"卫❤新xiaoming888":               "wechat xiaoming888",
		"vx 8 8 6 6 2 2 1":             "wechat 8866221",
		"微信号是 abc-12345":               "wechat abc-12345",
		"ⓥⓧ ｘｉａｏｍｉｎｇ８８８":               "wechat xiaoming888",
		"V：13800138000":                "wechat 13800138000",
		"Q：1234567":                    "qq 1234567",
		"扣扣 12 34 56 7":                "qq 1234567",
		"QQ 一二三四五六七":                   "qq 1234567",
		"叩叩1234567":                    "qq 1234567",
		"企 鹅：1234567":                  "qq 1234567",
		"qq群 12345678９":                "qq 123456789",
		"Q群：123.456.789":               "qq 123456789",
		"加q壹贰叁肆伍陆柒":                    "qq 1234567",
		"球球①②③④⑤⑥⑦":                    "qq 1234567",
		"秋秋1234567":                    "qq 1234567",
		"鹅号1234567":                    "qq 1234567",
		"1234567@qq.com":               "qq 1234567",
		"热线 400-666-5353":              "phone 4006665353",
		"飞机：@abc12345":                 "telegram abc12345",
		"tg @abc_12345":                "telegram abc_12345",
		"电报 abc12345":                  "telegram abc12345",
		"纸飞机abc12345":                  "telegram abc12345",
		"壹參玖壹貳參肆伍陸柒捌":                  "phone 13912345678",
		"١٣٩١٢٣٤٥٦٧٨":                  "phone 13912345678",
		"139 - 1234 - 5678":            "phone 13912345678",
		"139\n1234\n5678":              "phone 13912345678",
		"139丶1234丶5678":                "phone 13912345678",
		"1丨3丨9丨1丨2丨3丨4丨5丨6丨7丨8":        "phone 13912345678",
		"+徽 kefu20261":                 "wechat kefu20261",
		"卫❤ kefu20261":                 "wechat kefu20261",
		"v❤ kefu20261":                 "wechat kefu20261",
		"维心：kefu20261":                 "wechat kefu20261",
		"加我V kefu20261":                "wechat kefu20261",
		"ⓥ kefu20261":                  "wechat kefu20261",
		"w/x kefu20261":                "wechat kefu20261",
		"为信 kefu20261":                 "wechat kefu20261",
		"扣 784512369":                  "qq 784512369",
		"资料Q784512369":                 "qq 784512369",
		"加裙：784512369":                 "qq 784512369",
		"蔻蔻784512369":                  "qq 784512369",
		"囗囗 784512369":                 "qq 784512369",
		"加🐧 784512369":                 "qq 784512369",
		"➕🐧784512369":                  "qq 784512369",
		"🐧号：784512369":                 "qq 784512369",
		"\u202e8765 4321 931\u202c 电话": "phone 13912345678",
		"\u202e16202ufek :信微加":         "wechat kefu20261",
		"wei xin hao kefu20261":        "wechat kefu20261",
		"vvx kefu20261":                "wechat kefu20261",
		"jvx:kefu20261":                "wechat kefu20261",
		"v❌ kefu20261":                 "wechat kefu20261",
		"Vㄨ：kefu20261":                 "wechat kefu20261",
		"巍心：kefu20261":                 "wechat kefu20261",
		"维新kefu20261":                  "wechat kefu20261",
		"微信：kefu💰20261":                "wechat kefu20261",
		"wx: k e f u 2 0 2 6":          "wechat kefu2026",
		"wx号是【k】【e】【f】【u】【2】【0】【2】【6】": "wechat kefu2026",
		"vx kefu ② ⓪ ② ⑥": "wechat kefu2026",
		"1️⃣\n3️⃣\n9️⃣\n1️⃣\n2️⃣\n3️⃣\n4️⃣\n5️⃣\n6️⃣\n7️⃣\n8️⃣": "phone 13912345678",
		"🇻 🇽 kefu20261":  "wechat kefu20261",
		"k̶ ⅴⅹ：ⓚⓔⓕⓤ𝟚𝟘𝟚𝟞": "wechat kefu2026",
	}
	harmlessContacts = []string{
		"微信支付了100元", "订单号 20261122001", "价格1999 原价2999", "2026-11-22 12:30", "今天三五个人", "微信小程序好用", "600一抽，一#180000 老陆233333",
		"估计是 wxerlang 吧", "比分 3:2 21:19 11:8", "快递单号 773012345678901", "身份证后四位1234", "第20261122期", "房号1203-5", "1000000块", "5000/月",
		"三百五十个", "一二三四五六七，数到七", "二〇二六年十一月", "666666666", "23333333333", "88888888", "12345上山打老虎", "0x1380013800", "1.38e10",
		"sha1 138001380001380013800", "error code 10060 at line 2333", "qq音乐打不开", "QQ飞车 2000局", "qq 2021版本", "vx是什么梗", "微信8.0.32版本", "微信 iPhone13",
		"加微信群聊", "公众号 python", "会议号 123 456 789", "腾讯会议：123-456-789", "取件码 12345678", "验证码 123456", "电话会议10点开始", "手机 iphone15pro",
		"wechat pay", "用wx.request发请求", "v2.3.1", "vlan 1001", "q1 20000 q2 30000", "手机号11位", "航班CA1234 10:30", "股票600519", "基金 161725",
		"扣1的同学", "扣 20000 元", "Q1 20000", "分数\n139\n120\n88", "唯心主义", "家v你好", "接口 v1.2.3", "139\n12\n345678", "买了个口红 2026112", "@张三 139 人",
		"端口13306", "客服电话95588", "联系电话12345", "反诈专线96110", "192.168.100.101", "2147483647", "3.1415926535", "1024*1024", "gpu 3090 4090", "电话没人接，打了13遍", "相当好了，$140,000,000.00呢", "telegram的toncoin", "🐧 南极有 12345 只", "维新派 1898 年", "vx 3 5 2", "微信 abc 1 2", "微信 v 8 0", "wx a b c d e f", "微信 iphone 1 2 3 4 5",
		"订单号13800138000012", "运单YT8888013800138", "150块 1200块 1500块", "比分 13 8 15 11 7 11", "HTTP 404 500 502", "x1=138 x2=1380 x3=13800", "三三两两 七七八八", "一一得一 二二得四",
		"1\n2\n3\n4\n5\n6", "1、苹果 2、香蕉 3、橙子", "2001:db8::1380:138", "uuid 550e8400-e29b-41d4", "颜色 #138013 #ff8800", "斐波那契 1 1 2 3 5 8 13 21 34", "企鹅 123 只", "扣1111111", "想要的扣666666666", "扣2333333", "扣 8888888", "经纬度 22.543096,114.057865", "申请场外电话求助23333", "求稍微formal一点",
	}
	disguisedEveryone = []string{
		"@所有人", "＠所有人", "@ 所有人", "@全体成员", "@全员", "@all", "@ALL ", "@everyone", "@here", "@ａｌｌ", "@所\u200b有人", "@所有人开会", "通知@所有人",
		"@全體成員", "@Ａｌｌ！", "@channel",
	}
	harmlessEveryone = []string{
		"所有人", "@allen", "@here2", "a@all.com", "全体都有", "@alliance", "@channel9", "mail me @ all", "@everyone1", "@小王", "@所有", "发给all", "@all.com",
		"here we go", "@all_in", "@channelx",
	}
)

func TestDisguisedLinks(t *testing.T) {
	for message, want := range disguisedLinks {
		got := Links(read(message), Hosts{})
		if len(got) != 1 || got[0].Host != want {
			t.Errorf("%q: %+v, want %s", message, got, want)
		}
	}
	for _, message := range harmlessLinks {
		if got := Links(read(message), Hosts{}); len(got) > 0 {
			t.Errorf("%q: %+v", message, got)
		}
	}
}

func TestDisguisedContacts(t *testing.T) {
	for message, want := range disguisedContacts {
		got := Contacts(normal.Default(), read(message))
		if len(got) != 1 || string(got[0].Kind)+" "+got[0].Value != want {
			t.Errorf("%q: %+v, want %s", message, got, want)
		}
	}
	for _, message := range harmlessContacts {
		if got := Contacts(normal.Default(), read(message)); len(got) > 0 {
			t.Errorf("%q: %+v", message, got)
		}
	}
}

func TestDisguisedEveryone(t *testing.T) {
	for _, message := range disguisedEveryone {
		if _, ok := Everyone(read(message)); !ok {
			t.Errorf("%q is not seen", message)
		}
	}
	for _, message := range harmlessEveryone {
		if at, ok := Everyone(read(message)); ok {
			t.Errorf("%q: %v", message, at)
		}
	}
}
