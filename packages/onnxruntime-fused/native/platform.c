#include "platform.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CACHE_LINE 64

#ifdef _WIN32

#define WIN32_LEAN_AND_MEAN
#include <malloc.h>
#include <windows.h>

static SRWLOCK process_lock = SRWLOCK_INIT;
void lock_process(void) { AcquireSRWLockExclusive(&process_lock); }
void unlock_process(void) { ReleaseSRWLockExclusive(&process_lock); }

void *allocate_aligned(size_t bytes) { return _aligned_malloc(bytes, CACHE_LINE); }
void free_aligned(void *memory) { _aligned_free(memory); }

FileCharacter *file_name(const char *name) {
  const int length = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, name, -1, NULL, 0);
  wchar_t *wide = length > 0 ? calloc((size_t)length, sizeof *wide) : NULL;
  if (wide) MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, name, -1, wide, length);
  return wide;
}

void *open_shared(const char *path, char *message, size_t size) {
  wchar_t *wide = file_name(path);
  /* What it needs itself is looked for beside it. */
  const HMODULE library = wide ? LoadLibraryExW(wide, NULL, LOAD_WITH_ALTERED_SEARCH_PATH) : NULL;
  if (!library) snprintf(message, size, "%s: error %lu of Windows", path, GetLastError());
  free(wide);
  return library;
}

void *function_of(void *library, const char *name) { return (void *)GetProcAddress(library, name); }

#else

#include <dlfcn.h>
#include <pthread.h>

static pthread_mutex_t process_lock = PTHREAD_MUTEX_INITIALIZER;
void lock_process(void) { pthread_mutex_lock(&process_lock); }
void unlock_process(void) { pthread_mutex_unlock(&process_lock); }

void *allocate_aligned(size_t bytes) {
  void *memory = NULL;
  return posix_memalign(&memory, CACHE_LINE, bytes) ? NULL : memory;
}
void free_aligned(void *memory) { free(memory); }

FileCharacter *file_name(const char *name) { return strdup(name); }

void *open_shared(const char *path, char *message, size_t size) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!library) snprintf(message, size, "%s", dlerror());
  return library;
}

void *function_of(void *library, const char *name) { return dlsym(library, name); }

#endif
