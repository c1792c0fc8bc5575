package api

import (
	"net/http"

	"qunying/community"
)

const (
	get   = http.MethodGet
	post  = http.MethodPost
	put   = http.MethodPut
	patch = http.MethodPatch
	del   = http.MethodDelete
)

const (
	root = "/api/v1"
	inC  = root + "/communities/{community}"
	inG  = inC + "/groups/{group}"
	inI  = inC + "/imports/{import}"
	inK  = inC + "/connections/{connection}"
	inQ  = inK + "/wecom"
	inF  = inK + "/following"
	inO  = inC + "/outbox/{entry}"
	inR  = inC + "/reviews/{review}"
	inT  = inC + "/tasks/{task}"
	inS  = inC + "/staff/{staff}"
	inV  = inC + "/verdicts/{verdict}"
	inW  = inC + "/webhooks/{webhook}"
	inX  = inC + "/lexicons/{lexicon}"
)

const inL = root + "/personal/{community}/{token}"

const inSet = inC + "/settings/sets/{set}"

// routes declares every operation of the API, with the permission it requires.
func (s *Server) routes() {
	declare(s, route{get, root + "/session", public, "getSession", "Session", "Who is signed in"}, s.session)
	declareRaw(s, route{post, root + "/setup", public, "setUp", "Session", "Make the first owner"}, s.setUp)
	declareRaw(s, route{post, root + "/session", public, "signIn", "Session", "Sign in"}, s.signIn)
	declareRaw(s, route{del, root + "/session", self, "signOut", "Session", "Sign out"}, s.signOut)

	declareRaw(s, route{post, root + "/join", public, "join", "Session", "Use an invitation"}, s.join)
	declare(s, route{post, root + "/join/look", public, "lookAtInvitation", "Session", "What an invitation is for"}, s.lookAtInvitation)

	declare(s, route{get, root + "/account", self, "getAccount", "Account", "My account"}, s.account)
	declare(s, route{post, root + "/account/password", self, "changePassword", "Account", "Change my password; other sign-ins end"}, s.changePassword)
	declare(s, route{post, root + "/account/second-factor", self, "beginSecondFactor", "Account", "Make a secret for a second factor"}, s.beginSecond)
	declare(s, route{put, root + "/account/second-factor", self, "confirmSecondFactor", "Account", "Switch the second factor on"}, s.confirmSecond)
	declare(s, route{post, root + "/account/second-factor/drop", self, "dropSecondFactor", "Account", "Switch the second factor off"}, s.dropSecond)
	declare(s, route{post, root + "/account/sign-ins/end", self, "endSignIns", "Account", "End a sign-in, or all others"}, s.endSignIns)

	declare(s, route{get, inC + "/team", hire, "getTeam", "Team", "Who works here, open invitations, keys"}, s.team)
	declare(s, route{post, inC + "/invitations", hire, "invite", "Team", "Invite somebody; the link is shown once"}, s.invite)
	declare(s, route{post, inC + "/invitations/withdraw", hire, "withdrawInvitation", "Team", "Withdraw an invitation"}, s.withdraw)
	declare(s, route{patch, inS, hire, "changeStaff", "Team", "Change a role, or let somebody in no longer"}, s.changeStaff)
	declare(s, route{post, inS + "/password-link", hire, "makePasswordLink", "Team", "A link by which somebody sets a new password"}, s.passwordLink)
	declare(s, route{post, inS + "/second-factor/drop", hire, "dropSecondFactorOf", "Team", "Take away a lost second factor"}, s.dropSecondOf)
	declare(s, route{post, inC + "/keys", hire, "makeKey", "Team", "Make a key for a program; it is shown once"}, s.makeKey)
	declare(s, route{del, inC + "/keys/{key}", hire, "revokeKey", "Team", "Revoke a key"}, s.revokeKey)
	declare(s, route{get, inC + "/audit", audit, "listAudit", "Team", "Who changed what, newest first"}, s.auditList)
	declareStream(s, route{get, inC + "/audit.csv", audit, "exportAudit", "Team", "The same as a file"}, "text/csv", s.auditFile)

	declare(s, route{get, root + "/metrics", public, "listMetrics", "Insight", "The metric catalogue"}, s.metricCatalogue)
	declare(s, route{get, root + "/communities", read, "listCommunities", "Communities", "List communities"}, s.communities)

	declare(s, route{get, inC + "/groups", read, "listGroups", "Groups", "The overview: groups with their figures"}, s.groups)
	declare(s, route{get, inG, read, "getGroup", "Groups", "One group: coverage, capabilities, settings"}, s.group)
	declare(s, route{get, inG + "/numbers", read, "getNumbers", "Insight", "Key figures"}, s.numbers)
	declare(s, route{get, inG + "/trend", read, "getTrend", "Insight", "Trend by day, week or month"}, s.trend)
	declare(s, route{get, inG + "/rhythm", read, "getRhythm", "Insight", "Weekday × hour heat map"}, s.rhythm)
	declare(s, route{get, inG + "/retention", read, "getRetention", "Insight", "Weekly cohorts"}, s.retention)
	declare(s, route{get, inG + "/speakers", read, "listSpeakers", "Insight", "Who carries the group"}, s.speakers)
	declare(s, route{get, inG + "/replies", read, "getReplies", "Insight", "Who answers whom, how each form of message is answered, and which questions were not"}, s.replies)
	declare(s, route{get, inG + "/words", read, "listWords", "Insight", "What the group talks about"}, s.words)

	s.queryRoutes()
	s.exploreRoutes()
	s.reportRoutes()

	declare(s, route{get, inC + "/today", read, "getToday", "Insight", "What needs people now, over all groups"}, s.today)
	declare(s, route{get, inC + "/health", read, "listHealth", "Insight", "How all groups are doing, in bands"}, s.healths)
	declare(s, route{get, inG + "/health", read, "getHealth", "Insight", "How a group is doing, in bands, and what moves the worst of them"}, s.health)
	declare(s, route{get, inG + "/order", read, "getGroupOrder", "Insight", "How complete a group's rules are and how well they are kept"}, s.groupOrder)
	declare(s, route{get, inG + "/tiers/{tier}", read, "listTier", "Insight", "Who is silent, lost, says little, or carries the group"}, s.tier)
	declare(s, route{get, inC + "/settings/bands", read, "getBands", "Settings", "Where bands change"}, s.bands)
	declare(s, route{put, inC + "/settings/bands", manage, "saveBands", "Settings", "Save where bands change"}, s.saveBands)
	declare(s, route{get, inSet + "/bands", read, "getSetBands", "Settings", "Where bands change in a set of groups"}, s.setBands)
	declare(s, route{put, inSet + "/bands", manage, "saveSetBands", "Settings", "Save it for a set of groups"}, s.saveSetBands)
	declare(s, route{get, inG + "/settings/bands", read, "getGroupBands", "Settings", "Where bands change in a group"}, s.groupBands)
	declare(s, route{put, inG + "/settings/bands", manage, "saveGroupBands", "Settings", "Save it for a group"}, s.saveGroupBands)

	declare(s, route{get, inG + "/stream", read, "getStream", "Messages", "The group's timeline"}, s.stream)
	declare(s, route{get, inC + "/messages", read, "searchMessages", "Messages", "Search messages, newest first"}, s.search)
	declare(s, route{get, inC + "/messages/{seq}/context", read, "getContext", "Messages", "What was said around a message"}, s.around)
	declareStream(s, route{get, inC + "/messages/{seq}/media/{part}", read, "getMedia", "Messages", "A picture or file of a message"}, "application/octet-stream", s.mediaFile)
	declare(s, route{post, inG + "/messages", act, "sendMessage", "Messages", "Write to a group"}, s.send)

	declare(s, route{get, inC + "/people", read, "listPeople", "People", "Everybody, by name, group, tag"}, s.people)
	declare(s, route{get, inC + "/people/alike", read, "listAlikeSets", "People", "All who may be the same person, and why"}, s.alikeSets)
	declare(s, route{post, inC + "/people/apart", act, "sayApart", "People", "Say that people are not one, or take that back"}, s.sayApart)
	declare(s, route{get, inC + "/people/tags", read, "listTags", "People", "Tags that are in use"}, s.tags)
	declare(s, route{get, inC + "/people/{person}/year", read, "getPersonYear", "People", "What a person wrote by day"}, s.personYear)
	declare(s, route{get, inC + "/people/{person}/talks", read, "listTalks", "People", "Whom a person talks with"}, s.personTalks)
	declare(s, route{get, inC + "/people/{person}/alike", read, "listAlike", "People", "Who may be the same person, and why"}, s.personAlike)
	declare(s, route{get, inC + "/people/{person}/links", read, "listPersonLinks", "People", "Which merges and splits made a person"}, s.personLinks)
	declare(s, route{post, inC + "/people/{person}/tags", act, "tagPerson", "People", "Put tags on a person, and take others off"}, s.tagPerson)
	declareStream(s, route{get, inC + "/people/{person}/export", manage, "exportPerson", "People", "Everything on file of a person"}, "application/json", s.exportPerson)
	declare(s, route{post, inC + "/people/undo", act, "undoPeople", "People", "Undo a merge or split"}, s.undoLink)
	declare(s, route{get, inC + "/people/{person}", read, "getPerson", "People", "A person over all groups"}, s.person)
	declare(s, route{post, inC + "/people/merge", act, "mergePeople", "People", "Make identities one person"}, s.merge)
	declare(s, route{post, inC + "/people/split", act, "splitPerson", "People", "Make an identity a person of its own"}, s.split)

	declareUpload(s, route{post, inC + "/files", imports, "uploadFile", "Imports", "Upload an export for preview"}, s.upload)
	declare(s, route{post, inC + "/rosters", imports, "takeRoster", "Imports", "Preview or apply a member list"}, s.roster)
	declare(s, route{get, inC + "/imports", imports, "listImports", "Imports", "List imports, newest first"}, s.importList)
	declare(s, route{get, inI, imports, "getImport", "Imports", "One import"}, s.importOne)
	declare(s, route{patch, inI, imports, "changeImport", "Imports", "Change how the file is read; makes a new preview"}, s.importChange)
	declare(s, route{post, inI + "/start", imports, "startImport", "Imports", "Start"}, s.importDo(ImportStart))
	declare(s, route{post, inI + "/cancel", imports, "cancelImport", "Imports", "Cancel; what was imported stays"}, s.importDo(ImportCancel))
	declare(s, route{post, inI + "/resume", imports, "resumeImport", "Imports", "Go on after a cancel or a failure"}, s.importDo(ImportResume))
	declareStream(s, route{get, inI + "/rejects", imports, "getRejects", "Imports", "The refused rows"}, "text/csv", s.rejects)

	s.exportRoutes()

	declare(s, route{get, inG + "/settings", manage, "getGroupSettings", "Settings", "A group's settings"}, s.groupSettings)
	s.waitingRoutes()
	declare(s, route{get, inC + "/settings/welcome", read, "getWelcome", "Settings", "The greeting of new members, for all groups"}, s.welcome)
	declare(s, route{put, inC + "/settings/welcome", manage, "saveWelcome", "Settings", "Save the greeting of new members for all groups"}, s.saveWelcome)
	declare(s, route{get, inSet + "/welcome", read, "getSetWelcome", "Settings", "The same for a set of groups"}, s.setWelcome)
	declare(s, route{put, inSet + "/welcome", manage, "saveSetWelcome", "Settings", "Save it for a set of groups"}, s.saveSetWelcome)
	declare(s, route{get, inG + "/settings/welcome", read, "getGroupWelcome", "Settings", "The greeting of new members of a group"}, s.groupWelcome)
	declare(s, route{put, inG + "/settings/welcome", manage, "saveGroupWelcome", "Settings", "Save the greeting of new members of a group"}, s.saveGroupWelcome)

	declare(s, route{get, root + "/networks", read, "listNetworks", "Connections", "What can be connected, and what it needs"}, s.networks)
	declare(s, route{get, inC + "/connections", read, "listConnections", "Connections", "Our accounts, and how they are doing"}, s.connections)
	declare(s, route{post, inC + "/connections/test", manage, "testConnection", "Connections", "Try settings on the platform"}, s.testConnection)
	declare(s, route{put, inK, manage, "saveConnection", "Connections", "Add or change a connection"}, s.saveConnection)
	declare(s, route{del, inK, manage, "removeConnection", "Connections", "Disconnect; what it brought stays"}, s.removeConnection)
	declare(s, route{get, inK + "/health", read, "getConnectionHealth", "Connections", "How a connection is and was"}, s.connectionHealth)
	declare(s, route{get, inK + "/offers", read, "listOffers", "Connections", "Groups that nobody has adopted"}, s.offers)
	declare(s, route{post, inK + "/adopt", manage, "adoptGroups", "Connections", "Listen in groups from now on"}, s.adopt)
	declare(s, route{post, inG + "/drop", manage, "dropGroup", "Connections", "Listen in a group no longer; what was logged stays"}, s.dropGroup)
	declare(s, route{get, inC + "/capabilities", read, "listCapabilities", "Connections", "What can be done in which group"}, s.matrix)

	s.corporationRoutes()
	s.followingRoutes()
	s.contingencyRoutes()
	s.editRoutes()
	s.snapshotRoutes()

	declare(s, route{get, inC + "/attention", read, "getAttention", "Actions", "What waits for people, in numbers"}, s.attention)
	declare(s, route{post, inG + "/actions", act, "askAction", "Actions", "Do something in a group"}, s.ask)
	declare(s, route{post, inC + "/bulk", act, "askBulk", "Actions", "Do one thing in many groups, with time to take it back"}, s.bulk)
	declare(s, route{post, inC + "/bulk/preview", act, "previewBulk", "Actions", "What would become of it; changes nothing"}, s.preview)
	declare(s, route{post, inC + "/bulk/{batch}/cancel", act, "cancelBulk", "Actions", "Take back what has not been done yet"}, s.cancelBatch)
	declare(s, route{get, inO, read, "getAction", "Actions", "One action"}, s.outboxEntry)
	declare(s, route{post, inO + "/allow", act, "allowAction", "Actions", "Do a suggested or failed action after all"}, s.outboxStep(community.ActionAllow))
	declare(s, route{post, inO + "/cancel", act, "cancelAction", "Actions", "Do not do what has not been done yet"}, s.outboxStep(community.ActionCancel))

	declare(s, route{get, inC + "/tasks", read, "listTasks", "Tasks", "What people have to do, most urgent first"}, s.tasks)
	declare(s, route{post, inT + "/close", act, "closeTask", "Tasks", "It was done by hand, or is not to be done"}, s.closeTask)
	declare(s, route{post, inT + "/remind", act, "remindTask", "Tasks", "Ask again those who have not acted"}, s.remindTask)

	declare(s, route{get, inC + "/alerts", read, "listAlerts", "Alerts", "What is wrong, or was"}, s.alerts)
	declare(s, route{post, inC + "/alerts/{alert}/see", act, "seeAlert", "Alerts", "Say that one looks after it"}, s.seeAlert)
	declare(s, route{get, inC + "/settings/alerts", read, "getAlerting", "Alerts", "When something counts as wrong"}, s.alerting)
	declare(s, route{put, inC + "/settings/alerts", manage, "saveAlerting", "Alerts", "Save when something counts as wrong"}, s.saveAlerting)
	declare(s, route{get, inSet + "/alerts", read, "getSetAlerting", "Alerts", "When something counts as wrong in a set of groups"}, s.setAlerting)
	declare(s, route{put, inSet + "/alerts", manage, "saveSetAlerting", "Alerts", "Save it for a set of groups"}, s.saveSetAlerting)
	declare(s, route{get, inG + "/settings/alerts", read, "getGroupAlerting", "Alerts", "When something counts as wrong in a group"}, s.groupAlerting)
	declare(s, route{put, inG + "/settings/alerts", manage, "saveGroupAlerting", "Alerts", "Save it for a group"}, s.saveGroupAlerting)
	declare(s, route{get, inC + "/settings/mail", manage, "getMailServer", "Alerts", "By which server e-mails go out"}, s.mailServer)
	declare(s, route{put, inC + "/settings/mail", manage, "saveMailServer", "Alerts", "Save by which server e-mails go out"}, s.saveMailServer)
	declare(s, route{post, inC + "/settings/mail/test", manage, "tryMail", "Alerts", "Send one e-mail, to see whether it works"}, s.tryMail)

	declare(s, route{get, inC + "/settings/delivery", read, "getDelivery", "Settings", "When what may be sent"}, s.delivery)
	declare(s, route{put, inC + "/settings/delivery", manage, "saveDelivery", "Settings", "Save when what may be sent"}, s.saveDelivery)
	declare(s, route{get, inSet + "/delivery", read, "getSetDelivery", "Settings", "When what may be sent to a set of groups"}, s.setDelivery)
	declare(s, route{put, inSet + "/delivery", manage, "saveSetDelivery", "Settings", "Save when what may be sent to a set of groups"}, s.saveSetDelivery)
	declare(s, route{get, inG + "/settings/delivery", read, "getGroupDelivery", "Settings", "When what may be sent to a group"}, s.groupDelivery)
	declare(s, route{put, inG + "/settings/delivery", manage, "saveGroupDelivery", "Settings", "Save when what may be sent to a group"}, s.saveGroupDelivery)
	declare(s, route{get, inG + "/settings/keeper", read, "getKeeper", "Settings", "Whose group it is"}, s.keeper)
	declare(s, route{put, inG + "/settings/keeper", manage, "saveKeeper", "Settings", "Say whose group it is"}, s.saveKeeper)
	declare(s, route{get, inC + "/staff/{staff}/contact", manage, "getContact", "Settings", "Where a member of staff can be reached"}, s.contact)
	declare(s, route{put, inC + "/staff/{staff}/contact", manage, "saveContact", "Settings", "Save where a member of staff can be reached"}, s.saveContact)
	declare(s, route{get, inC + "/staff", read, "listStaff", "Settings", "Who works here"}, s.staffList)

	declare(s, route{get, inG + "/overlap", read, "getOverlap", "Scale", "Who is in other groups as well"}, s.overlap)
	declare(s, route{get, inC + "/capacity", read, "getCapacity", "Scale", "How full groups are"}, s.capacity)
	declare(s, route{get, inC + "/settings/caps", read, "getCaps", "Scale", "How many members a group can have"}, s.caps)
	declare(s, route{put, inC + "/settings/caps", manage, "saveCaps", "Scale", "Save how many members a group can have"}, s.saveCaps)
	declare(s, route{get, inC + "/settings/sets", read, "getSets", "Scale", "Named sets of groups"}, s.sets)
	declare(s, route{put, inC + "/settings/sets", manage, "saveSets", "Scale", "Save the sets of groups"}, s.saveSets)

	declare(s, route{get, inC + "/reviews", viewCases, "listReviews", "Moderation", "Cards for people: the riskiest first, then the newest"}, s.reviews)
	declare(s, route{get, inR, viewCases, "getReview", "Moderation", "One card with its messages, receipts and decisions"}, s.review)
	declare(s, route{post, inC + "/reviews/decide", judge, "decideReviews", "Moderation", "Accept, change, overturn, train; grant or reject appeals; take back"}, s.decideReviews)
	declare(s, route{post, inC + "/reviews/claim", judge, "claimReviews", "Moderation", "Take cards for ten minutes, or let them go"}, s.claimReviews)
	declare(s, route{post, inR + "/talk", judge, "moveToTalk", "Moderation", "Move a dispute to private talk with a mediator, or hand it to another"}, s.moveToTalk)
	declare(s, route{post, inR + "/talk/end", judge, "endTalk", "Moderation", "Say how a private talk ended"}, s.endTalk)
	declare(s, route{post, inC + "/reports", judge, "makeReport", "Moderation", "Report a message"}, s.makeReport)
	declare(s, route{get, inV, viewCases, "getVerdict", "Moderation", "One verdict with its receipt"}, s.verdict)
	declare(s, route{post, inV + "/appeal", judge, "makeAppeal", "Moderation", "Appeal in a member's name"}, s.makeAppeal)
	declare(s, route{get, inC + "/messages/{seq}/explain", viewCases, "explainMessage", "Moderation", "How a message is judged by the rules of today"}, s.explain)
	declare(s, route{get, inC + "/people/{person}/cases", viewCases, "getMemberCases", "Moderation", "What is on record of a person"}, s.memberCases)
	declare(s, route{post, inC + "/people/{person}/pardon", judge, "pardonMember", "Moderation", "Forgive all strikes"}, s.pardon)
	declare(s, route{get, inC + "/amnesty", viewCases, "previewAmnesty", "Moderation", "What forgiving many at once would mean, and what was forgiven"}, s.previewAmnesty)
	declare(s, route{post, inC + "/amnesty", judge, "giveAmnesty", "Moderation", "Forgive strikes of many at once"}, s.giveAmnesty)
	declare(s, route{post, inC + "/amnesty/{seq}/undo", judge, "undoAmnesty", "Moderation", "Give back what an amnesty forgave"}, s.undoAmnesty)
	declare(s, route{post, inC + "/people/{person}/notes", judge, "writeMemberNote", "Moderation", "Write something down about a person"}, s.writeNote)
	declare(s, route{get, inC + "/people/{person}/points", read, "getPoints", "People", "What points a person has, and how they came about"}, s.personPoints)
	declare(s, route{post, inC + "/people/{person}/points", givePoints, "givePoints", "People", "Give or take points by hand"}, s.givePoints)
	declare(s, route{post, inC + "/people/{person}/link", judge, "makePersonalLink", "People", "A link to a member's own page, to be given to the member alone"}, s.linkOf)
	declare(s, route{get, inC + "/lists", viewCases, "listLists", "Moderation", "The blocklist and the allowlist"}, s.lists)
	declare(s, route{post, inC + "/lists", judge, "addToList", "Moderation", "Put somebody on a list"}, s.addToList)
	declare(s, route{del, inC + "/lists/{line}", judge, "takeOffList", "Moderation", "Take somebody off a list"}, s.takeOffList)

	declare(s, route{get, inL, byLink, "lookAtLink", "Members", "What a member's own link shows"}, s.look)
	declare(s, route{post, inL + "/appeal", byLink, "appealByLink", "Members", "Appeal against the verdict of the link, once"}, s.appealByLink)
	declare(s, route{post, inL + "/report", byLink, "reportByLink", "Members", "Report something in one's own words"}, s.reportByLink)

	declare(s, route{get, root + "/policies", viewCases, "listPresets", "Rules", "Policies and clauses to begin with"}, s.presets)
	declare(s, route{get, inC + "/policy", viewCases, "getPolicy", "Rules", "The community's policy"}, s.policy)
	declare(s, route{put, inC + "/policy", setRules, "savePolicy", "Rules", "Save the community's policy"}, s.savePolicy)
	declare(s, route{post, inC + "/policy/validate", viewCases, "validatePolicy", "Rules", "What is wrong with a policy; changes nothing"}, s.validatePolicy)
	declare(s, route{get, inG + "/policy", viewCases, "getGroupPolicy", "Rules", "A group's policy, or what it inherits"}, s.groupPolicy)
	declare(s, route{put, inG + "/policy", setRules, "saveGroupPolicy", "Rules", "Save a group's policy"}, s.saveGroupPolicy)
	declare(s, route{get, inSet + "/policy", viewCases, "getSetPolicy", "Rules", "The policy of a set of groups, or what it inherits"}, s.setPolicy)
	declare(s, route{put, inSet + "/policy", setRules, "saveSetPolicy", "Rules", "Save the policy of a set of groups"}, s.saveSetPolicy)
	declare(s, route{get, inC + "/policy/trust", viewCases, "getTrust", "Rules", "What people's decisions say of the clauses in force"}, s.trust)
	declare(s, route{post, inC + "/policy/clauses/{clause}/promote", setRules, "promoteClause", "Rules", "Let a clause act by itself that has earned it"}, s.promote)
	declare(s, route{get, inC + "/moderation/measures", viewCases, "getMeasures", "Moderation", "How well order is kept: rates, times, appeals, consistency"}, s.moderationMeasures)
	declare(s, route{get, inC + "/settings/moderation", viewCases, "getModeration", "Rules", "Keeping order as a whole"}, s.moderation)
	declare(s, route{put, inC + "/settings/moderation", setRules, "saveModeration", "Rules", "Save keeping order as a whole: the kill switch, who is on duty"}, s.saveModeration)
	declare(s, route{get, inG + "/settings/moderation", viewCases, "getGroupModeration", "Rules", "Keeping order in a group"}, s.groupModeration)
	declare(s, route{put, inG + "/settings/moderation", setRules, "saveGroupModeration", "Rules", "Save keeping order in a group: the kill switch"}, s.saveGroupModeration)
	declare(s, route{post, inC + "/settings/moderation/address", setRules, "tryAddress", "Rules", "Whether members reach their page under an address; changes nothing"}, s.tryAddress)
	declare(s, route{get, inC + "/lexicons", viewCases, "listLexicons", "Rules", "Word lists, without their entries"}, s.lexicons)
	declare(s, route{get, inX, viewCases, "getLexicon", "Rules", "A word list with its entries"}, s.oneLexicon)
	declare(s, route{get, inX + "/hits", viewCases, "listWordHits", "Rules", "How often the entries of a word list were hit in the last 30 days"}, s.wordHits)
	declare(s, route{put, inX, setRules, "saveLexicon", "Rules", "Save a word list"}, s.saveLexicon)
	declare(s, route{post, inX + "/import", setRules, "importLexicon", "Rules", "Save a word list from a file"}, s.importLexicon)
	declareStream(s, route{get, inX + "/export", viewCases, "exportLexicon", "Rules", "A word list as a file"}, "application/octet-stream", s.exportLexicon)
	declare(s, route{post, inC + "/try", viewCases, "tryText", "Rules", "What is found in a text; changes nothing"}, s.try)
	declare(s, route{get, inC + "/settings/detectors", viewCases, "getDetectors", "Rules", "How detectors are set"}, s.detectors)
	declare(s, route{get, inC + "/settings/opinion", viewCases, "getOpinions", "Rules", "Whom to ask for a second opinion, and how it goes"}, s.opinions)
	declare(s, route{put, inC + "/settings/opinion", manage, "saveOpinions", "Rules", "Save whom to ask for a second opinion"}, s.saveOpinions)
	declare(s, route{post, inC + "/settings/opinion/test", manage, "tryOpinion", "Rules", "Ask one question, to see whether it works"}, s.tryOpinion)
	declare(s, route{get, inC + "/settings/learning", viewCases, "getLearning", "Rules", "What was learnt from decisions on adverts"}, s.learning)
	declare(s, route{put, inC + "/settings/learning", setRules, "saveLearning", "Rules", "Learn from decisions or not, or forget what was learnt"}, s.saveLearning)
	declare(s, route{put, inC + "/settings/detectors", setRules, "saveDetectors", "Rules", "Save how detectors are set"}, s.saveDetectors)

	declare(s, route{post, inC + "/backtests", viewCases, "startBacktest", "Rules", "Try a policy on what was said"}, s.startBacktest)
	declare(s, route{get, inC + "/backtests/{backtest}", viewCases, "getBacktest", "Rules", "A back-test, done or under way"}, s.backtest)
	declare(s, route{get, inC + "/casebook", viewCases, "listCaseEntries", "Moderation", "The case log, newest first"}, s.caseEntries)
	declare(s, route{post, inC + "/casebook/checkpoint", judge, "signCheckpoint", "Moderation", "Sign the head of the case log, to be kept elsewhere"}, s.checkpoint)
	declare(s, route{post, inC + "/casebook/verify", viewCases, "verifyCasebook", "Moderation", "Go through the whole case log"}, s.verifyBook)
	declareStream(s, route{get, inC + "/casebook/{entry}/evidence", judge, "getEvidence", "Moderation", "An entry with its receipt, proof and checkpoint"}, "application/zip", s.evidence)

	declare(s, route{get, inC + "/webhooks", manage, "listWebhooks", "Webhooks", "Whom we tell what happens"}, s.webhooks)
	declare(s, route{put, inW, manage, "saveWebhook", "Webhooks", "Add or change a webhook"}, s.saveWebhook)
	declare(s, route{del, inW, manage, "removeWebhook", "Webhooks", "End a webhook"}, s.removeWebhook)
	declare(s, route{post, inW + "/replay", manage, "replayWebhook", "Webhooks", "Send again from a place in the log on"}, s.replay)

	s.houseRoutes()
	s.profileRoutes()

	declare(s, route{get, inC + "/outbox", read, "listOutbox", "Machine", "Actions on their way, newest first"}, s.outbox)
	declare(s, route{get, inC + "/loops", read, "listLoops", "Machine", "How far the loops are"}, s.loops)
	declare(s, route{get, inC + "/parked", manage, "listParked", "Machine", "Events that could not be decided"}, s.parked)
	declare(s, route{post, inC + "/parked/{seq}/retry", manage, "retryParked", "Machine", "Decide a parked event again"}, s.retry)
	declareStream(s, route{get, inC + "/events", read, "watchEvents", "Machine", "Server-sent events: which answers are stale"}, "text/event-stream", s.events)
}

// houseRoutes declares what keeps an installation in order.
func (s *Server) houseRoutes() {
	declare(s, route{get, inC + "/backups", manage, "listBackups", "House", "Copies of the database, here and elsewhere"}, s.backups)
	declare(s, route{post, inC + "/backups", manage, "makeBackup", "House", "Make a copy now, in the background"}, s.makeBackup)
	declare(s, route{put, inC + "/settings/backups", manage, "saveBackupPlan", "House", "Save when copies are made"}, s.saveBackupPlan)
	declare(s, route{get, inC + "/doctor", manage, "examine", "House", "What is wrong with the installation, and what to do"}, s.examine)
	declare(s, route{get, inC + "/about", read, "getAbout", "House", "What runs here"}, s.about)
	declare(s, route{get, inC + "/privacy", manage, "getPrivacy", "House", "What is kept for how long, and who was erased"}, s.privacy)
	declare(s, route{put, inC + "/settings/retention", manage, "saveRetention", "House", "Save what is kept for how long"}, s.saveRetention)
	declare(s, route{post, inC + "/privacy/retain", manage, "runRetention", "House", "Remove now what need not be kept"}, s.runRetention)
	declare(s, route{post, inC + "/people/{person}/erase", manage, "erasePerson", "House", "Erase a person; counts stay. It cannot be taken back"}, s.erasePerson)
	declare(s, route{get, inC + "/settings/media", manage, "getMediaSettings", "House", "Which pictures and files of messages are kept, and how much room they take"}, s.mediaSettings)
	declare(s, route{put, inC + "/settings/media", manage, "saveMediaSettings", "House", "Save that"}, s.saveMediaSettings)
	declare(s, route{get, inC + "/privacy/notice", read, "getNotice", "House", "A text for the group's announcement: what is collected, why, for how long"}, s.notice)
	declareStream(s, route{get, inC + "/analytics.csv", manage, "exportAnalytics", "House", "The log without anything personal, as a file"}, "text/csv", s.analyticsFile)
	declare(s, route{get, inC + "/settings/file", manage, "exportSettings", "House", "All settings, without secrets"}, s.exportSettings)
	declare(s, route{post, inC + "/settings/file", manage, "importSettings", "House", "What settings of a file would change; changes them where asked to"}, s.importSettings)
}

// corporationRoutes declares what a corporation manages on its platform.
func (s *Server) corporationRoutes() {
	declare(s, route{get, inQ + "/groups", read, "listOwnedGroups", "Corporation", "Customer groups with owners and quota"}, s.ownedGroups)
	declare(s, route{post, inQ + "/handover", manage, "handOverGroups", "Corporation", "Give groups to another owner"}, s.handOver)
	declare(s, route{get, inQ + "/counts", read, "listCountedDays", "Corporation", "What the platform counted, beside ours"}, s.countedDays)
	declare(s, route{get, inQ + "/sends", read, "listPendingSends", "Corporation", "Messages that wait for colleagues to send them"}, s.pendingSends)
	declare(s, route{get, inQ + "/sends/{send}", read, "getPendingSend", "Corporation", "Who has not sent one yet, and where it arrived"}, s.pendingSend)
	declare(s, route{post, inQ + "/sends/{send}/remind", act, "remindPendingSend", "Corporation", "Ask those again who have not sent it"}, s.remindSend)

	declare(s, route{get, inQ + "/greetings", read, "listGreetings", "Corporation", "Welcomes for groups that were made here"}, s.greetings)
	declare(s, route{post, inQ + "/greetings", manage, "addGreeting", "Corporation", "Make a welcome for groups"}, s.addGreeting)
	declare(s, route{put, inQ + "/greetings/{thing}", manage, "changeGreeting", "Corporation", "Replace a welcome for groups"}, s.changeGreeting)
	declare(s, route{del, inQ + "/greetings/{thing}", manage, "deleteGreeting", "Corporation", "Delete a welcome for groups"}, s.deleteGreeting)
	declare(s, route{get, inQ + "/contact-welcome", read, "getContactWelcome", "Corporation", "What new contacts are told"}, s.contactWelcome)
	declare(s, route{put, inQ + "/contact-welcome", manage, "saveContactWelcome", "Corporation", "Save what new contacts are told"}, s.saveContactWelcome)

	declare(s, route{get, inQ + "/join-codes", read, "listJoinCodes", "Corporation", "Codes for joining groups that were made here"}, s.joinCodes)
	declare(s, route{post, inQ + "/join-codes", manage, "addJoinCode", "Corporation", "Make a code for joining groups"}, s.addJoinCode)
	declare(s, route{get, inQ + "/join-codes/{thing}", read, "getJoinCode", "Corporation", "What a code leads to now"}, s.joinCode)
	declare(s, route{put, inQ + "/join-codes/{thing}", manage, "changeJoinCode", "Corporation", "Replace what a code leads to"}, s.changeJoinCode)
	declare(s, route{del, inQ + "/join-codes/{thing}", manage, "deleteJoinCode", "Corporation", "Make a code worthless"}, s.deleteJoinCode)
	declareStream(s, route{get, inQ + "/join-codes/{thing}/picture", read, "getJoinCodePicture", "Corporation", "A code to be scanned"}, "image/png", s.joinCodePicture)

	declare(s, route{get, inQ + "/contact-codes", read, "listContactCodes", "Corporation", "Codes for becoming a contact that were made here, and who came by each"}, s.contactCodes)
	declare(s, route{post, inQ + "/contact-codes", manage, "addContactCode", "Corporation", "Make a code for becoming a contact"}, s.addContactCode)
	declare(s, route{put, inQ + "/contact-codes/{thing}", manage, "changeContactCode", "Corporation", "Replace whom a code for becoming a contact leads to"}, s.changeContactCode)
	declare(s, route{del, inQ + "/contact-codes/{thing}", manage, "deleteContactCode", "Corporation", "Make a code for becoming a contact worthless"}, s.deleteContactCode)
	declareStream(s, route{get, inQ + "/contact-codes/{thing}/picture", read, "getContactCodePicture", "Corporation", "A code for becoming a contact, to be scanned"}, "image/png", s.contactCodePicture)

	declare(s, route{get, inQ + "/tags", read, "listCorpTags", "Corporation", "Tags for customers"}, s.corpTags)
	declare(s, route{post, inQ + "/tags", manage, "addCorpTags", "Corporation", "Add tags for customers"}, s.addCorpTags)
	declare(s, route{put, inQ + "/tags/{thing}", manage, "renameCorpTag", "Corporation", "Rename a tag or a group of tags"}, s.renameCorpTag)
	declare(s, route{post, inQ + "/tags/delete", manage, "deleteCorpTags", "Corporation", "Delete tags, taking them off all customers"}, s.deleteCorpTags)
	declare(s, route{get, inQ + "/customers", act, "listCorpCustomers", "Corporation", "Customers of a colleague"}, s.corpCustomers)
	declare(s, route{post, inQ + "/customers/mark", act, "markCorpCustomer", "Corporation", "Put tags on a customer, and take others off"}, s.markCustomer)

	declare(s, route{get, inQ + "/word-rules", read, "listWordRules", "Corporation", "Rules for words of colleagues"}, s.wordRules)
	declare(s, route{post, inQ + "/word-rules", manage, "addWordRule", "Corporation", "Make a rule for words"}, s.addWordRule)
	declare(s, route{get, inQ + "/word-rules/{thing}", read, "getWordRule", "Corporation", "One rule with its words"}, s.wordRule)
	declare(s, route{put, inQ + "/word-rules/{thing}", manage, "changeWordRule", "Corporation", "Replace a rule"}, s.changeWordRule)
	declare(s, route{del, inQ + "/word-rules/{thing}", manage, "deleteWordRule", "Corporation", "Delete a rule"}, s.deleteWordRule)
	declare(s, route{post, inQ + "/word-export", read, "exportWords", "Corporation", "Make of a lexicon what the platform takes; changes nothing"}, s.exportWords)

	declare(s, route{get, inQ + "/seats", manage, "listSeats", "Corporation", "Whom the archive reads, and what it costs"}, s.seats)
	declare(s, route{put, inQ + "/seats/prices", manage, "saveSeatPrices", "Corporation", "Save what seats cost"}, s.saveSeatPrices)
	declare(s, route{get, inQ + "/consents", read, "listConsents", "Corporation", "Who of a group agreed to be read"}, s.consents)
}

// followingRoutes declares what an account that people follow manages on its platform.
func (s *Server) followingRoutes() {
	declare(s, route{get, inF + "/codes", read, "listSceneCodes", "Following", "Codes by which people follow the account, and how often they were used"}, s.sceneCodes)
	declare(s, route{post, inF + "/codes", manage, "addSceneCode", "Following", "Make a code with a scene of its own"}, s.addSceneCode)
	declare(s, route{put, inF + "/codes/{thing}", manage, "changeSceneCode", "Following", "Rename a code, or make it anew with the same scene"}, s.changeSceneCode)
	declare(s, route{del, inF + "/codes/{thing}", manage, "forgetSceneCode", "Following", "Take a code off the list; the platform takes none back"}, s.forgetSceneCode)
	declare(s, route{get, inF + "/menu", read, "getMenu", "Following", "The account's menu"}, s.menu)
	declare(s, route{put, inF + "/menu", manage, "saveMenu", "Following", "Replace the account's menu"}, s.saveMenu)
}
