package detect

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCommands(t *testing.T) {
	hosts := Hosts{Allow: []string{"jd.com", "群英助手"}, Deny: []string{"pinduoduo.com", "黑店"}}
	for _, c := range []struct {
		message string
		want    []string // kind, host and path, as written
	}{
		{"￥4xJc1gGk0Ym￥", []string{"command  4xjc1ggk0ym | ￥4xJc1gGk0Ym￥"}},
		{"复制这条信息￥4xJc1gGk0Ym￥后打开👉手淘👈", []string{"command taobao.com 4xjc1ggk0ym | ￥4xJc1gGk0Ym￥"}},
		{"1.0 復製這條,打開淘tao寶￥xQhVcyMoI2H￥", []string{"command taobao.com  | 復製這條,打開淘tao寶", "command taobao.com xqhvcymoi2h | ￥xQhVcyMoI2H￥"}},
		{"好物 €hlr0XeLBZUu€ 手淘见", []string{"command taobao.com hlr0xelbzuu | €hlr0XeLBZUu€"}},
		{"₤ hlr0XeLBZUu ₤", []string{"command  hlr0xelbzuu | ₤ hlr0XeLBZUu ₤"}},
		{"₳9QZkcuxQ₳", []string{"command  9qzkcuxq | ₳9QZkcuxQ₳"}},
		{"打开天猫 $9QZkcuxQ12$", []string{"command tmall.com 9qzkcuxq12 | $9QZkcuxQ12$"}},
		{"8 (pXZk2eRLXJR)/ AC01", []string{"command  pxzk2erlxjr | (pXZk2eRLXJR)"}},
		{"69.0 hihi:/！nTsHc8cOxSR！复制到淘口令", []string{"command taobao.com ntshc8coxsr | ！nTsHc8cOxSR！"}},
		{"口令 👉wT8abc12DfQz8K👈 拼夕夕见", []string{"denied pinduoduo.com wt8abc12dfqz8k | 👉wT8abc12DfQz8K👈"}},
		{"12:/￥aBC12dEfGh￥ 复制打开京东", []string{"allowed jd.com abc12defgh | ￥aBC12dEfGh￥", "allowed jd.com  | 复制打开京东"}},
		{"￥ＡｂＣ１２ｄＥｆＧ￥", []string{"command  abc12defg | ￥ＡｂＣ１２ｄＥｆＧ￥"}},
		{"复制此口令打开拼多多", []string{"denied pinduoduo.com  | 复制此口令打开拼多多"}},
		{"长按复制本条消息，打开【快手】直接看", []string{"command kuaishou.com  | 复制本条消息，打开【快手"}},
		{"7.43 复制打开抖音，看看【阿明的作品】 :/ Xyz123", []string{"command douyin.com  | 复制打开抖音"}},
		{"0.56 复制打开抖音，看看 https://v.douyin.com/iAbc/ W@z.TL rrE:/", []string{"command douyin.com  | 复制打开抖音", "plain v.douyin.com /iabc/ | v.douyin.com/iAbc/"}},
		{"#小程序://点餐助手/AbCd1eFgH 快来", []string{"miniprogram 点餐助手 /abcd1efgh | #小程序://点餐助手/AbCd1eFgH"}},
		{"＃小程序：／／黑店／AbCd1eFgH", []string{"denied 黑店 /abcd1efgh | ＃小程序：／／黑店／AbCd1eFgH"}},
		{"#小程序://群英助手/x_Y-z1", []string{"allowed 群英助手 /x_y-z1 | #小程序://群英助手/x_Y-z1"}},
		{"weixin://dl/business/?t=Ab12", []string{"miniprogram weixin /dl/business/?t=ab12 | weixin://dl/business/?t=Ab12"}},
		{"weixin://wxpay/bizpayurl?pr=a", []string{"plain weixin /wxpay/bizpayurl?pr=a | weixin://wxpay/bizpayurl?pr=a"}},
		{"点 mp://nGVOQYoCcxcu28y", []string{"miniprogram weixin /ngvoqyoccxcu28y | mp://nGVOQYoCcxcu28y"}},
		{"https://wxaurl.cn/AbC1 wxmpurl.cn/x", []string{"miniprogram wxaurl.cn /abc1 | wxaurl.cn/AbC1", "miniprogram wxmpurl.cn /x | wxmpurl.cn/x"}},
	} {
		var got []string
		for _, l := range Links(read(c.message), hosts) {
			got = append(got, strings.Join([]string{string(l.Kind), l.Host, l.Path, "|", c.message[l.At.Start:l.At.End]}, " "))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", c.message, diff)
		}
	}
}

func TestNoCommands(t *testing.T) {
	for _, message := range []string{
		"￥100￥ 到手价￥12345678￥，券后￥99",
		"红包￥88.88￥，共 200.00 元 ¥1,234,567.00¥",
		"echo $PATH$ 和 $JAVA_HOME$、$LD_LIBRARY$",
		"$x+y$ 与 $alphabeta$ $\\sum_{i=1}^n x_i$",
		"$getUserName$ 要换成 $userFullName$",
		"(￣▽￣) (｡･ω･｡) (╯°□°)╯ :/ :-/ ¥_¥ $_$",
		"(iPhone15ProMax) 打开淘宝看看多少钱",
		"(JavaScript) /usr/local/bin/ /homebrew1/ !important! 《HelloWorld《",
		"复制 /9f8e7d6c5b4a3f/ 这个提交",
		"复制 (JavaScript) 这个词，口令 !important!",
		"复制链接打开淘宝就行",
		"你把这段文字复制一下，打开 Word 粘进去",
		"复制打开抖音没反应 :/",
		"复制此口令打开拼多多没反应，怎么办？",
		"为什么复制这条消息打开淘宝是空的",
		"我打开淘宝复制了半天",
		"复制。打开抖音 :/ Xyz123",
		"￥helloworld￥",
		"£20 和 £30 €19.99€ €uro2024€",
		"#小程序 开发 #小程序://",
		"#小程序://点餐助手",
		"weixin:// 协议和 mp://x 是什么，weixin://dl",
		"a:// std://in foo://AbC12dEfGh",
		"5(x+y)/2 12 (3 + 4)/7 2(abcdefgh)/3",
		"【重要通知】「读书会」 👉报名👈 👉click12345👈",
		"微信小程序好用，打开拼多多砍一刀",
		"看 wxaurl.js 和 mywxaurl",
		"Windows10(Build19041Version)/",
	} {
		for _, l := range Links(read(message), Hosts{}) {
			t.Errorf("%q: %s %s in %q", message, l.Kind, l.Host, message[l.At.Start:l.At.End])
		}
	}
}
