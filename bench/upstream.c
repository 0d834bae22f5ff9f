/* The model server behind the gateways that `python -m bench` measures: one thread, epoll,
 * answers at once, so that it is not what is measured.
 *
 *   cc -O2 -o upstream upstream.c && ./upstream 9100
 *
 * POST .../chat/completions    one answer with usage, or a stream ("stream": true)
 * POST .../embeddings          one vector of 1,536 numbers
 * POST /upstream/set?chunks=20&interval_ms=10    how streams that begin from now on go
 * POST /upstream/reset         cuts the streams still running, begins as if started anew
 * GET  /upstream/counts        counts, and the moment for which they hold
 *
 * A chunk's text is "t=<microseconds of CLOCK_MONOTONIC> ", so that a client on the same
 * machine knows how long it was underway. Not here: TLS, chunked requests, errors.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { FDS = 65536, EVENTS = 512, DIMENSION = 1536, REQUEST_MAX = 8 << 20, BEHIND_MAX = 1 << 20 };

struct buffer { char *bytes; size_t length, capacity; };

struct connection {
    int fd, place;             /* its place among the streams; -1: it has no stream */
    bool awaits_room, usage;   /* the socket is full; the stream ends with its usage */
    struct buffer in, out;
    long chunks_left, interval_us;
    int64_t due_us;
};

static struct connection *by_fd[FDS], *streams[FDS];
static int streams_open, poller;
static long chunks, interval_us;
static long requests, streams_begun, streams_aborted, chunks_sent;
static struct buffer chat_answer, embedding_answer;

static int64_t now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* ---- buffers ---- */
static void reserve(struct buffer *b, size_t more) {
    if (b->length + more <= b->capacity) return;
    b->capacity = 2 * (b->length + more);
    if (!(b->bytes = realloc(b->bytes, b->capacity))) abort();
}
static void append(struct buffer *b, const char *bytes, size_t length) {
    reserve(b, length);
    memcpy(b->bytes + b->length, bytes, length);
    b->length += length;
}
static void drop(struct buffer *b, size_t length) {
    b->length -= length;
    memmove(b->bytes, b->bytes + length, b->length);
}

/* ---- connections ---- */
static void leave_streams(struct connection *c) {
    if (c->place < 0) return;
    streams[c->place] = streams[--streams_open];
    streams[c->place]->place = c->place;
    c->place = -1;
}
static void end_connection(struct connection *c) {
    leave_streams(c);
    by_fd[c->fd] = NULL;
    close(c->fd);
    free(c->in.bytes);
    free(c->out.bytes);
    free(c);
}
static void lose(struct connection *c) { /* the other side went away */
    streams_aborted += c->place >= 0;
    end_connection(c);
}
static void watch(struct connection *c, int operation) {
    struct epoll_event event = {.data.fd = c->fd,
        .events = EPOLLIN | EPOLLRDHUP | (c->awaits_room ? EPOLLOUT : 0)};
    epoll_ctl(poller, operation, c->fd, &event);
}
static bool flush(struct connection *c) { /* false: the connection is broken */
    ssize_t sent = c->out.length ? send(c->fd, c->out.bytes, c->out.length, MSG_NOSIGNAL) : 0;
    if (sent < 0 && errno != EAGAIN && errno != EINTR) return false;
    if (sent > 0) drop(&c->out, sent);
    if (c->awaits_room != (c->out.length > 0)) {
        c->awaits_room = c->out.length > 0;
        watch(c, EPOLL_CTL_MOD);
    }
    return true;
}
static void accept_all(int listener) {
    int fd, yes = 1;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct connection *c = fd < FDS ? calloc(1, sizeof *c) : NULL;
        if (!c) { close(fd); continue; }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        c->fd = fd;
        c->place = -1;
        by_fd[fd] = c;
        watch(c, EPOLL_CTL_ADD);
    }
}

/* ---- answers ---- */
static void answer(struct buffer *to, const char *status, const char *json, size_t length) {
    char head[128];
    append(to, head, snprintf(head, sizeof head,
        "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n", status, length));
    append(to, json, length);
}
static void answer_text(struct connection *c, const char *status, const char *json) {
    answer(&c->out, status, json, strlen(json));
}
static void prepare_answers(void) {
    static const char chat[] =
        "{\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion\",\"created\":1700000000,\"model\":\"bench\","
        "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"Yesterday we spoke of the models "
        "behind the layers of an application, and of how to exchange one for another while it runs. Three points "
        "were agreed. A request keeps the model with which it began, to its last word. A change is written down "
        "before anybody serves it, and can be taken back. And whoever reads the page of the state must see at a "
        "glance which model answers, and why it is that one and not another.\"},\"logprobs\":null,"
        "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":240,\"completion_tokens\":84,\"total_tokens\":324}}";
    answer(&chat_answer, "200 OK", chat, sizeof chat - 1);
    static char vector[DIMENSION * 16 + 512];
    size_t n = sprintf(vector, "{\"object\":\"list\",\"data\":[{\"object\":\"embedding\",\"index\":0,\"embedding\":[");
    for (unsigned i = 0; i < DIMENSION; i++)
        n += sprintf(vector + n, "%s%.8f", i ? "," : "", (i * 2654435761u % 20000) / 10000.0 - 1);
    n += sprintf(vector + n, "]}],\"model\":\"bench\",\"usage\":{\"prompt_tokens\":8,\"total_tokens\":8}}");
    answer(&embedding_answer, "200 OK", vector, n);
}
static void send_event(struct connection *c, const char *choices, const char *usage) {
    char event[512], size[16];
    int n = snprintf(event, sizeof event,
        "data: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,"
        "\"model\":\"bench\",\"choices\":[%s]%s}\n\n", choices, usage);
    append(&c->out, size, snprintf(size, sizeof size, "%x\r\n", n));
    append(&c->out, event, n);
    append(&c->out, "\r\n", 2);
}
static void send_chunk(struct connection *c) {
    char choice[160];
    snprintf(choice, sizeof choice,
        "{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"t=%lld \"},\"finish_reason\":null}",
        (long long)now_us());
    send_event(c, choice, "");
    chunks_sent++;
    c->chunks_left--;
}
static void begin_stream(struct connection *c, bool usage) {
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                               "Cache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n";
    append(&c->out, head, sizeof head - 1);
    c->usage = usage;
    c->chunks_left = chunks;
    c->interval_us = interval_us;
    c->due_us = now_us();
    c->place = streams_open++;
    streams[c->place] = c;
    streams_begun++;
}
static void end_stream(struct connection *c) {
    static const char usage[] =
        ",\"usage\":{\"prompt_tokens\":240,\"completion_tokens\":84,\"total_tokens\":324}";
    send_event(c, "{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}", "");
    if (c->usage) send_event(c, "", usage);
    static const char done[] = "e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n";
    append(&c->out, done, sizeof done - 1);
    leave_streams(c);
}
static void begin_anew(void) {
    while (streams_open) end_connection(streams[streams_open - 1]);
    chunks = 20, interval_us = 10000;
    requests = streams_begun = streams_aborted = chunks_sent = 0;
}

/* ---- requests: `text` is one whole request, its head and its body each ended by a 0 ---- */
static long option(const char *path, const char *name, long otherwise) {
    const char *found = strstr(path, name);
    return found ? atol(found + strlen(name)) : otherwise;
}
static bool asks_for_stream(const char *body) {
    const char *at = strstr(body, "\"stream\"");
    return at && !strncmp(at + 8 + strspn(at + 8, " :"), "true", 4);
}
static void steer(struct connection *c, const char *path) {
    char counts[256];
    if (!strncmp(path, "/upstream/reset", 15)) begin_anew();
    chunks = option(path, "chunks=", chunks);
    interval_us = option(path, "interval_ms=", interval_us / 1000) * 1000;
    snprintf(counts, sizeof counts,
        "{\"at_us\":%lld,\"requests\":%ld,\"streams\":%ld,\"open\":%d,\"aborted\":%ld,\"chunks\":%ld}",
        (long long)now_us(), requests, streams_begun, streams_open, streams_aborted, chunks_sent);
    answer_text(c, "200 OK", counts);
}
static void handle(struct connection *c, char *head, const char *body) {
    char *path = strchr(head, ' ');
    size_t length = path ? strcspn(++path, " \r") : 0;
    if (length) path[length] = 0;
    if (!length) answer_text(c, "400 Bad Request", "{}");
    else if (!strncmp(path, "/upstream/", 10)) steer(c, path);
    else if (strstr(path, "/chat/completions")) {
        requests++;
        if (asks_for_stream(body)) begin_stream(c, strstr(body, "\"include_usage\""));
        else append(&c->out, chat_answer.bytes, chat_answer.length);
    } else if (strstr(path, "/embeddings")) {
        requests++;
        append(&c->out, embedding_answer.bytes, embedding_answer.length);
    } else answer_text(c, "404 Not Found", "{\"error\":{\"message\":\"No such path.\"}}");
}
static bool handle_all(struct connection *c) { /* false: what came is no request */
    while (c->place < 0 && c->in.length) {
        reserve(&c->in, 1);
        c->in.bytes[c->in.length] = 0;
        char *end = strstr(c->in.bytes, "\r\n\r\n");
        if (!end) return c->in.length < REQUEST_MAX;
        end[2] = 0;
        char *given = strcasestr(c->in.bytes, "\r\ncontent-length:");
        size_t head = end + 4 - c->in.bytes, body = given ? strtoul(given + 17, NULL, 10) : 0;
        bool is_chunked = strcasestr(c->in.bytes, "\r\ntransfer-encoding:");
        end[2] = '\r';
        if (is_chunked || body > REQUEST_MAX) return false;
        if (c->in.length < head + body) return true;
        char after = c->in.bytes[head + body];
        c->in.bytes[head + body] = 0;
        end[2] = 0;
        handle(c, c->in.bytes, c->in.bytes + head);
        c->in.bytes[head + body] = after;
        drop(&c->in, head + body);
    }
    return true;
}
static bool read_some(struct connection *c) { /* false: the connection has ended */
    reserve(&c->in, 16384);
    ssize_t got = recv(c->fd, c->in.bytes + c->in.length, 16384 - 1, 0);
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    c->in.length += got;
    return got && handle_all(c) && flush(c);
}

/* ---- the loop ---- */
static bool advance(struct connection *c, int64_t now) {
    while (c->chunks_left && c->due_us <= now && c->out.length < BEHIND_MAX) {
        send_chunk(c);
        c->due_us += c->interval_us;
    }
    if (!c->chunks_left) end_stream(c);
    return flush(c) && (c->place >= 0 || handle_all(c));
}
static int send_due(void) { /* returns the milliseconds until the next chunk, -1 for none */
    int64_t now = now_us(), next = INT64_MAX;
    for (int i = streams_open - 1; i >= 0; i--) {
        struct connection *c = streams[i];
        if (c->due_us <= now && !advance(c, now)) { lose(c); continue; }
        if (c->place >= 0 && c->due_us < next) next = c->due_us;
    }
    if (next == INT64_MAX) return -1;
    return next <= now ? 1 : (int)((next - now + 999) / 1000);
}
static int listen_on(int port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), yes = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 4096)) {
        perror("upstream");
        exit(1);
    }
    return fd;
}
int main(int argc, char **argv) {
    if (argc != 2) { fprintf(stderr, "usage: upstream PORT\n"); return 2; }
    int listener = listen_on(atoi(argv[1]));
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[EVENTS];
    poller = epoll_create1(EPOLL_CLOEXEC);
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);
    prepare_answers();
    begin_anew();
    for (;;) {
        int wait_ms = send_due();
        int n = epoll_wait(poller, events, EVENTS, wait_ms);
        for (int i = 0; i < n; i++) {
            struct connection *c = by_fd[events[i].data.fd];
            if (events[i].data.fd == listener) accept_all(listener);
            else if (c && !(flush(c) && read_some(c))) lose(c);
        }
    }
}
