/* A disk that forgets what was never synced: preloaded before libc, it keeps under FORGETFUL_KEPT what FORGETFUL_DIRECTORY would
   hold after a power cut. A file is kept as it stood at its last fsync or fdatasync; a rename or a removal once its
   directory is synced. Everything else is forgotten. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PENDING 64
static char from[PENDING][4096], to[PENDING][4096];
static int pending = 0;

static int kept_path(const char *path, char *kept) {
    const char *directory = getenv("FORGETFUL_DIRECTORY"), *target = getenv("FORGETFUL_KEPT");
    size_t length = directory ? strlen(directory) : 0;
    if (!directory || !target || strncmp(path, directory, length)) return 0;
    snprintf(kept, 4096, "%s%s", target, path + length);
    return 1;
}

static void keep(const char *path, const char *kept) {
    char partial[4200], buffer[65536];
    ssize_t got;
    off_t at = 0;
    int (*real_rename)(const char *, const char *) = dlsym(RTLD_NEXT, "rename");
    int in = open(path, O_RDONLY);
    if (in < 0) return;
    snprintf(partial, sizeof partial, "%s.keeping", kept);
    int out = open(partial, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    while (out >= 0 && (got = pread(in, buffer, sizeof buffer, at)) > 0) {
        if (pwrite(out, buffer, got, at) != got) abort();
        at += got;
    }
    close(in);
    close(out);
    real_rename(partial, kept);
}

static void sync_directory(void) {
    int (*real_rename)(const char *, const char *) = dlsym(RTLD_NEXT, "rename");
    int (*real_unlink)(const char *) = dlsym(RTLD_NEXT, "unlink");
    for (int i = 0; i < pending; i++) {
        if (to[i][0]) real_rename(from[i], to[i]);
        else real_unlink(from[i]);
    }
    pending = 0;
}

static void synced(int descriptor) {
    char link[64], path[4096], kept[4096];
    struct stat about;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return;
    path[length] = 0;
    if (!kept_path(path, kept) || fstat(descriptor, &about)) return;
    if (S_ISDIR(about.st_mode)) sync_directory();
    else keep(path, kept);
}

int fsync(int descriptor) {
    synced(descriptor);
    return 0;
}

int fdatasync(int descriptor) {
    synced(descriptor);
    return 0;
}

int rename(const char *before, const char *after) {
    int (*real)(const char *, const char *) = dlsym(RTLD_NEXT, "rename");
    if (pending < PENDING && kept_path(before, from[pending]) && kept_path(after, to[pending])) pending++;
    return real(before, after);
}

int unlink(const char *path) {
    int (*real)(const char *) = dlsym(RTLD_NEXT, "unlink");
    if (pending < PENDING && kept_path(path, from[pending])) to[pending++][0] = 0;
    return real(path);
}
