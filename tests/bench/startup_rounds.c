/*
 * Times commands side by side: startup_rounds ROUNDS < commands, a command a line, its words parted
 * by tabs. In each round every command runs once, from vfork to the end of wait, in an order of its
 * own: what one leaves to be cleaned up falls on another each time. The orders are the same in
 * every run. Prints one line a command: minimum, median and 95th percentile in microseconds, tabs
 * between, or "failed".
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COMMANDS_MAX 32
#define WORDS_MAX    64

extern char **environ;

struct command {
    char *words[WORDS_MAX + 1];
    int64_t *times;
    int failed;
};

static int64_t now_ns(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static int64_t run_once(struct command *command, posix_spawn_file_actions_t *quiet)
{
    pid_t pid;
    int status;
    int64_t begin = now_ns();
    if (posix_spawn(&pid, command->words[0], quiet, NULL, command->words, environ) != 0 ||
        waitpid(pid, &status, 0) < 0 || status != 0)
        command->failed = 1;
    return now_ns() - begin;
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static int commands_read(struct command *commands)
{
    static char line[8192];
    int count = 0;
    while (count < COMMANDS_MAX && fgets(line, sizeof(line), stdin)) {
        int words = 0;
        line[strcspn(line, "\n")] = '\0';
        char *save, *copy = strdup(line);
        for (char *word = strtok_r(copy, "\t", &save); word && words < WORDS_MAX;
             word = strtok_r(NULL, "\t", &save))
            commands[count].words[words++] = word;
        count += words > 0;
    }
    return count;
}

/* Fisher and Yates; any generator will do, as long as it starts alike. */
static void shuffle(int *order, int count)
{
    static uint32_t state = 1;
    for (int i = count - 1; i > 0; i--) {
        state = state * 1664525 + 1013904223;
        int other = (int)((state >> 8) % (uint32_t)(i + 1)), kept = order[i];
        order[i] = order[other];
        order[other] = kept;
    }
}

int main(int argc, char **argv)
{
    static struct command commands[COMMANDS_MAX];
    int rounds = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 200;
    int count = commands_read(commands);
    posix_spawn_file_actions_t quiet;
    if (rounds < 1 || rounds > 100000 || count == 0)
        return 2;
    (void)posix_spawn_file_actions_init(&quiet);
    (void)posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
    (void)posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", O_WRONLY, 0);
    int order[COMMANDS_MAX];
    for (int i = 0; i < count; i++) {
        commands[i].times = calloc((size_t)rounds, sizeof(int64_t));
        order[i] = i;
    }
    for (int round = -3; round < rounds; round++) { /* three to warm up */
        shuffle(order, count);
        for (int i = 0; i < count; i++) {
            int64_t time = run_once(&commands[order[i]], &quiet);
            if (round >= 0)
                commands[order[i]].times[round] = time;
        }
    }
    for (int i = 0; i < count; i++) {
        int64_t *times = commands[i].times;
        qsort(times, (size_t)rounds, sizeof(*times), compare);
        if (commands[i].failed)
            (void)printf("failed\n");
        else
            (void)printf("%.0f\t%.0f\t%.0f\n", (double)times[0] / 1000,
                         (double)times[rounds / 2] / 1000, (double)times[rounds * 95 / 100] / 1000);
    }
    return 0;
}
