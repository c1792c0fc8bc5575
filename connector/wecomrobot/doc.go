// Package wecomrobot writes into a group of WeCom (企业微信) through the group's
// robot (消息推送, 群机器人). The robot hears nothing, and what it said has no ID
// and stays.
package wecomrobot
