#include <stdint.h>

#include "registry/cmd/commands.h"

int main(int argc, char **argv)
{
    return registry_main(argc, (const char **)(uintptr_t)argv);
}
