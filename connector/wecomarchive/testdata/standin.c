// A stand-in for libWeWorkFinanceSdk_C.so with the same functions. It reads what
// it answers from the folder that the ID of the corporation names:
//   records   "<seq> <json>\n" …: what GetChatData gives
//             a line whose JSON is "huge" becomes one of HUGE_LINE bytes
//   slow      milliseconds that GetChatData takes
//   media/<id> the file of that ID, in pieces of PIECE bytes
//   fault     one line "<function> <what>" for the next call of that function, then
//             it is deleted: what is "crash", "hang" or a code to return;
//             "<function> always <what>" stays
// It "decrypts" by exclusive or with the key; messages are hexadecimal and begin
// with "ok:" when the key was right. With -DSDK_FIRST DecryptData takes the sdk.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef PIECE
#define PIECE 1000
#endif
#define HUGE_LINE (7 << 20)

typedef struct { char *buf; int len; } Slice_t;
typedef struct { char *out; int outlen; char *data; int datalen; int finished; } MediaData_t;
typedef struct { int ready; } WeWorkFinanceSdk_t;

static char folder[400];

// within opens a file of the folder.
static FILE *within(const char *name, char path[500]) {
	snprintf(path, 500, "%s/%s", folder, name);
	return fopen(path, "r");
}

// fault looks whether the next call of a function is to go wrong.
static int fault(const char *function) {
	char path[500];
	FILE *f = within("fault", path);
	if (!f) return 0;
	char name[64] = "", what[64] = "";
	int n = fscanf(f, "%63s %63s", name, what), always = 0;
	if (n == 2 && !strcmp(what, "always")) { always = 1; n = 1 + fscanf(f, "%63s", what); }
	fclose(f);
	if (n != 2 || strcmp(name, function)) return 0;
	if (!always) unlink(path);
	if (!strcmp(what, "crash")) *(volatile int *)0 = 1;
	if (!strcmp(what, "hang")) for (;;) pause();
	return atoi(what);
}

// put fills a slice without a final NUL: rubbish follows.
static void put(Slice_t *s, const char *p, int n) {
	s->buf = malloc(n + 3);
	memcpy(s->buf, p, n);
	memcpy(s->buf + n, "~~~", 3);
	s->len = n;
}

WeWorkFinanceSdk_t *NewSdk(void) { return calloc(1, sizeof(WeWorkFinanceSdk_t)); }
void DestroySdk(WeWorkFinanceSdk_t *sdk) { free(sdk); }

int Init(WeWorkFinanceSdk_t *sdk, const char *corp, const char *secret) {
	printf("the library prints to standard output\n");
	fflush(stdout);
	snprintf(folder, sizeof folder, "%s", corp);
	int code = fault("Init");
	if (code) return code;
	sdk->ready = 1;
	return strcmp(secret, "s3cret") ? 10009 : 0;
}

Slice_t *NewSlice(void) { return calloc(1, sizeof(Slice_t)); }
void FreeSlice(Slice_t *s) { free(s->buf); free(s); }
char *GetContentFromSlice(Slice_t *s) { return s->buf; }
int GetSliceLen(Slice_t *s) { return s->len; }

int GetChatData(WeWorkFinanceSdk_t *sdk, unsigned long long seq, unsigned int limit, const char *proxy, const char *passwd, int timeout, Slice_t *out) {
	int code = fault("GetChatData");
	if (code) return code;
	if (!sdk->ready || limit > 1000 || timeout <= 0) return 10000;
	char path[500];
	FILE *slow = within("slow", path);
	int ms = 0;
	if (slow && fscanf(slow, "%d", &ms) == 1) usleep(ms * 1000);
	if (slow) fclose(slow);
	size_t size = 0, room = 0;
	char *all = NULL;
	FILE *mem = open_memstream(&all, &size), *f = within("records", path);
	fputs("{\"errcode\":0,\"errmsg\":\"ok\",\"chatdata\":[", mem);
	char *line = NULL;
	unsigned int n = 0;
	while (f && n < limit && getline(&line, &room, f) > 0) {
		char *json;
		if (strtoull(line, &json, 10) <= seq) continue;
		json[strcspn(json, "\n")] = 0;
		fprintf(mem, "%s%s", n++ ? "," : "", json);
		if (!strcmp(json, " \"huge\"")) fprintf(mem, "%*s", HUGE_LINE, "");
	}
	if (f) fclose(f);
	fputs("]}", mem);
	fclose(mem);
	put(out, all, size);
	free(all);
	free(line);
	return 0;
}

#ifdef SDK_FIRST
int DecryptData(WeWorkFinanceSdk_t *sdk, const char *key, const char *message, Slice_t *out) {
	if (!sdk->ready) return 10000;
#else
int DecryptData(const char *key, const char *message, Slice_t *out) {
#endif
	int code = fault("DecryptData");
	if (code) return code;
	size_t n = strlen(message) / 2, k = strlen(key);
	if (!k) return 10008;
	char *plain = malloc(n + 1);
	for (size_t i = 0; i < n; i++) {
		unsigned int byte = 0;
		sscanf(message + 2 * i, "%2x", &byte);
		plain[i] = byte ^ key[i % k];
	}
	int good = n >= 3 && !memcmp(plain, "ok:", 3);
	if (good) put(out, plain + 3, n - 3);
	free(plain);
	return good ? 0 : 10006;
}

MediaData_t *NewMediaData(void) { return calloc(1, sizeof(MediaData_t)); }
void FreeMediaData(MediaData_t *m) { free(m->out); free(m->data); free(m); }

int GetMediaData(WeWorkFinanceSdk_t *sdk, const char *index, const char *file, const char *proxy, const char *passwd, int timeout, MediaData_t *m) {
	int code = fault("GetMediaData");
	if (code) return code;
	char name[300], path[500];
	snprintf(name, sizeof name, "media/%s", file);
	FILE *f = within(name, path);
	if (!f || strchr(file, '/')) return 10005;
	long from = atol(index);
	m->data = malloc(PIECE);
	fseek(f, from, SEEK_SET);
	m->datalen = fread(m->data, 1, PIECE, f);
	m->finished = fgetc(f) == EOF;
	fclose(f);
	m->out = malloc(32);
	m->outlen = snprintf(m->out, 32, "%ld", from + m->datalen);
	return 0;
}

char *GetOutIndexBuf(MediaData_t *m) { return m->out; }
int GetIndexLen(MediaData_t *m) { return m->outlen; }
char *GetData(MediaData_t *m) { return m->data; }
int GetDataLen(MediaData_t *m) { return m->datalen; }
int IsMediaDataFinish(MediaData_t *m) { return m->finished; }
