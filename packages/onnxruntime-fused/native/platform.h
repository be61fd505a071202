/* What operating systems do each in their own way: a lock, aligned memory, and libraries that are opened by their path. */
#ifndef MEOW_PLATFORM_H
#define MEOW_PLATFORM_H

#include <stddef.h>

/* The lock of the process. */
void lock_process(void);
void unlock_process(void);

/* Memory that begins at a cache line, to be freed by free_aligned; NULL where there is none. */
void *allocate_aligned(size_t bytes);
void free_aligned(void *memory);

/* Opens the library at a path in UTF-8; NULL, and why in `message`, where that fails. It is never closed. */
void *open_shared(const char *path, char *message, size_t size);

/* The address of a function of the library, or NULL. */
void *function_of(void *library, const char *name);

/* Names of files as onnxruntime takes them. */
#ifdef _WIN32
typedef wchar_t FileCharacter;
#else
typedef char FileCharacter;
#endif

/* A name in UTF-8, to be freed; NULL where there is no memory or it is none. */
FileCharacter *file_name(const char *name);

#endif
