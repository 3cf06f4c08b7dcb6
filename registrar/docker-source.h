/* The Docker Engine, or Podman, as a source: the containers that run on this host. */
#pragma once

#include "registrar/source.h"

extern const SourceClass docker_source_class;
