/* The directory of services as a source: what is not a container, one file each; see service-file.h. */
#pragma once

#include "registrar/source.h"

extern const SourceClass services_source_class;
